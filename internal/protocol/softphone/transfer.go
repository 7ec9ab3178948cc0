package softphone

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// maxAllocation is the longest body that asks for an object, in bytes.
const maxAllocation = 4 << 10

// serveTransfer serves the store-and-forward service (section 10): POST allocates an
// object, PUT fills it, GET and HEAD read it.
func (d *Door) serveTransfer(w http.ResponseWriter, r *http.Request, t target) {
	x := &exchange{door: d, w: w, r: r, service: transferElement, as: chooseFormat(r.Header.Values("Accept"), "", "", true)}
	var company *ingest.Company
	var rules rules
	if t.kind == atAllocator {
		var err error
		if company, rules, err = d.companyOf(r.Context(), t.slug); err != nil {
			x.refuse(err)
			return
		}
		x.language, x.limit = rules.language, transferMax(company)
	}
	allocates := t.kind == atAllocator && t.token == t.secret
	switch {
	case r.Method == http.MethodPost && allocates:
		x.allocate(company, rules, t.secret)
	case t.token == "":
		x.refuseMethod("POST")
	case r.Method == http.MethodPut:
		x.put(number(company), t.token)
	case r.Method == http.MethodGet, r.Method == http.MethodHead:
		x.get(number(company), t.token)
	default:
		x.refuseMethod("GET, HEAD, PUT")
	}
}

func number(c *ingest.Company) ingest.Number {
	if c == nil {
		return 0 // whichever the token belongs to
	}
	return c.Number
}

func transferMax(c *ingest.Company) int64 {
	if c.Settings.Softphone.MMMSGMax > 0 {
		return c.Settings.Softphone.MMMSGMax
	}
	return ingest.DefaultTransferMax
}

// allocation is what a client asks for. Builds differ in how they spell the keys.
type allocation struct {
	contentType string
	size        int64
}

func readAllocation(body io.Reader) (a allocation, err error) {
	malformed := func(msg string) error {
		return &ingest.Error{Kind: ingest.Invalid, Op: "softphone.allocate", Code: ingest.CodeMalformed, Msg: msg}
	}
	data, err := io.ReadAll(io.LimitReader(body, maxAllocation+1))
	if err != nil {
		return a, brokenBody(err)
	}
	if len(data) > maxAllocation {
		return a, tooLong(maxAllocation)
	}
	list, ok := jsonPairs(bytes.TrimSpace(data))
	if !ok {
		return a, malformed("the body is not a JSON object")
	}
	a.size = -1
	for _, p := range list {
		switch strings.ReplaceAll(fold(p.name), "_", "") {
		case "contenttype":
			a.contentType = p.text
		case "contentsize":
			if a.size, err = strconv.ParseInt(strings.TrimSpace(p.text), 10, 64); err != nil || a.size < 0 {
				return a, malformed("contentSize is not a number of bytes")
			}
		}
	}
	if a.size < 0 {
		return a, malformed("contentSize is missing")
	}
	return a, nil
}

func (x *exchange) allocate(company *ingest.Company, rules rules, secret string) {
	ask := engine.TransferSpec{Company: company.Number, Secret: secret, Address: x.door.Address(x.r)}
	a, err := readAllocation(x.r.Body)
	if err == nil {
		ask.Secret, err = x.admit(company, rules, secret)
	}
	var token string
	if err != nil {
		x.door.Engine.LogRefusedAllocation(x.r.Context(), ask, err)
	} else {
		ask.ContentType, ask.Size = a.contentType, a.size
		token, _, err = x.door.Engine.AllocateTransfer(x.r.Context(), ask)
	}
	if err != nil {
		x.refuse(err)
		return
	}
	body, _ := json.Marshal(map[string]string{"url": x.door.Base(x.r) + "/" + token})
	send(x.w, x.r, http.StatusCreated, "application/json", body)
}

// admit refuses networks that the company does not let allocate, and returns the secret
// of the allocator. Users who log in need neither the network nor the secret.
func (x *exchange) admit(company *ingest.Company, rules rules, secret string) (string, error) {
	if _, _, basic := x.r.BasicAuth(); basic {
		c := &call{door: x.door, r: x.r, company: company, rules: rules}
		c.values.names = x.door.aliases
		c.values.header(x.r)
		if err := c.login(); err != nil {
			return "", err
		}
		return x.door.Engine.TransferSecret(x.r.Context(), company.Number)
	}
	if !rules.permits(x.door.Address(x.r)) {
		return "", &ingest.Error{Kind: ingest.Forbidden, Op: "softphone.allocate", Msg: "the network of the caller is not allowed"}
	}
	return secret, nil
}

func (x *exchange) put(company ingest.Number, token string) {
	created, err := x.door.Engine.PutTransfer(x.r.Context(), engine.TransferPut{
		Company: company, Token: token, ContentType: x.r.Header.Get("Content-Type"), Length: x.r.ContentLength,
	}, x.r.Body)
	if err != nil {
		x.refuse(err)
		return
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	send(x.w, x.r, status, "application/json", []byte("{}"))
}

func (x *exchange) get(company ingest.Number, token string) {
	f, err := x.door.Engine.OpenTransfer(x.r.Context(), company, token)
	if err != nil {
		x.refuse(err)
		return
	}
	serveFile(x.w, x.r, f, x.door.Now(), x.refuseStatus)
}

// transferBase is the address under which a company's apps allocate objects, "" when the
// service is off.
func (c *call) transferBase() (string, error) {
	secret, err := c.door.Engine.TransferSecret(c.context(), c.company.Number)
	if ingest.KindOf(err) == ingest.NotFound && err != nil {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	base := c.door.Base(c.r) + "/" + c.company.Slug + "/" + transferElement + "/"
	if secret != "" {
		base += secret + "/"
	}
	return base, nil
}
