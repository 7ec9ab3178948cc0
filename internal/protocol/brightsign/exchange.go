package brightsign

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"strings"

	"sluice/internal/wire/soap"
	"sluice/internal/wire/xmltree"
)

// exchange is one message and its answer.
type exchange struct {
	door    *Door
	r       *http.Request
	request request
	caller  caller
	reader  *soap.Reader
	buffer  *bufio.Reader
	parts   *soap.Parts // of an MTOM message
	kept    *document
	foreign bool // it holds one of the places of messages that cannot be streams
	element *xmltree.Element
}

// answer reads the message and carries out its operation: content of the answer's body.
func (x *exchange) answer() (content []byte, err error) {
	defer x.release()
	err = x.door.guarded(x.r, x.request.operation, func() error {
		if err := x.open(); err != nil {
			return err
		}
		if content, err = x.carryOut(); err != nil {
			x.recall()
		}
		return err
	})
	if err == io.ErrUnexpectedEOF || errors.Is(err, io.ErrUnexpectedEOF) {
		err = refuse("The request is not well-formed XML: it ends too early.")
	}
	return content, err
}

// buffered reads the message through a buffer that is kept for the next one.
func (x *exchange) buffered(src io.Reader) *bufio.Reader {
	if kept, ok := x.door.buffers.Get().(*bufio.Reader); ok {
		kept.Reset(src)
		x.buffer = kept
	} else {
		x.buffer = bufio.NewReaderSize(src, soap.BufferSize)
	}
	return x.buffer
}

func (x *exchange) release() {
	if x.kept != nil {
		x.kept.release()
	}
	if x.foreign {
		x.door.foreign.give(1)
		x.foreign = false
	}
	if x.buffer != nil {
		x.buffer.Reset(nil)
		x.door.buffers.Put(x.buffer)
		x.buffer = nil
	}
}

// open reads as far as the operation, and finds out who calls.
func (x *exchange) open() error {
	src, err := body(x.r)
	if err != nil {
		return err
	}
	if contentType := x.r.Header.Get("Content-Type"); soap.MTOM(contentType) {
		if src, x.parts, err = soap.OpenMTOM(contentType, src); err != nil {
			return err
		}
	}
	x.kept = x.door.newDocument(x.r, src)
	x.reader = soap.NewReader(x.buffered(x.kept), x.door.Options.MaxMessage)
	if x.foreign, err = x.reader.Whole(); err == nil && x.foreign {
		_, err = x.door.foreign.take(x.r.Context(), 1)
	}
	if err != nil {
		x.foreign = false
		return err
	}
	root, err := x.reader.Open()
	if err != nil {
		return err
	}
	var refused error
	if x.request, refused, err = openRequest(root, x.r.Header); err != nil {
		x.request.stamped = false
		return err
	}
	if x.request.service == "" {
		x.request.service = x.door.Options.ServiceNamespace
	}
	stamped := x.request.stamped
	x.request.stamped = false // strangers get no time stamp
	if x.caller, err = x.door.login(x.r, x.request.security, x.request.operation == opAppend); err != nil {
		return err
	}
	x.request.stamped = stamped
	return refused
}

// data is the namespace in which the answer speaks of data (1.3).
func (x *exchange) data() string {
	for _, space := range []string{x.request.data, x.door.spaces.of(x.speaker())} {
		if space != "" {
			return space
		}
	}
	return x.door.Options.DataNamespace
}

// recall finds the namespace for the fault of an operation that names nothing but the
// token of an upload.
func (x *exchange) recall() {
	if x.request.data != "" || x.element == nil || x.caller.company == nil {
		return
	}
	u, err := x.door.upload(x.r.Context(), x.caller, firstOf(x.parameter("uploadToken"), x.parameter("sessionToken")))
	if err == nil {
		x.request.data = factsOf(u).Data
	}
}

// rest reads the message to its end and keeps the element of the operation.
func (x *exchange) rest() error {
	if _, err := x.reader.Next(nil); err != nil {
		return err
	}
	root, err := x.reader.Tree()
	if err != nil {
		return err
	}
	if err := x.reader.Rest(); err != nil {
		return err
	}
	x.element = root.Child("Body").Children[0]
	return nil
}

// carryOut runs the operation.
func (x *exchange) carryOut() ([]byte, error) {
	if x.request.operation == opAppend {
		x.reader.SetMarkup(smallDocument)
		return x.appendChunk()
	}
	limit := x.door.Options.MaxMessage
	if x.request.operation == opStartPage || x.request.operation == opCompletePage {
		limit = maxSessionMessage
	}
	x.reader.SetLimit(limit)
	x.kept.keep(x.r, x.caller.User, limit)
	if err := x.rest(); err != nil {
		if long, ok := errors.AsType[*soap.TooLongError](err); ok && limit == maxSessionMessage {
			return nil, refuse("The size of the SOAP message must not exceed %d bytes.", long.Limit)
		}
		return nil, err
	}
	st, err := x.call()
	if err != nil {
		return nil, err
	}
	return x.result(st), nil
}

// call translates the parameters and calls the operation. A nil status is null.
func (x *exchange) call() (*status, error) {
	d, ctx, c := x.door, x.r.Context(), x.caller
	switch x.request.operation {
	case opCancel:
		return d.cancelFile(ctx, c, x.parameter("uploadToken"), x.parameter("sessionToken"))
	case opFileStatus:
		return d.fileStatusOf(ctx, c, firstOf(x.parameter("uploadToken"), x.parameter("sessionToken")))
	case opPageStatus:
		return d.pageStatusOf(ctx, c, firstOf(x.parameter("sessionToken"), x.parameter("uploadToken")))
	}
	if err := d.mayUpload(ctx, c); err != nil {
		return nil, err
	}
	args, err := x.arguments()
	if err != nil {
		return nil, err
	}
	switch x.request.operation {
	case opStartFile:
		if err := checkFileName(args.FileName); err != nil {
			return nil, err // whatever the session has said (8.1)
		}
		return d.startFile(ctx, c, args, x.data(), d.Options.NegotiatePlain)
	case opComplete:
		return d.completeFile(ctx, c, args, x.data())
	case opStartPage:
		return d.startPage(ctx, c, args, x.data())
	}
	return d.completePage(ctx, c, args)
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// parameter is the text of a child of the operation, "" when it is null.
func (x *exchange) parameter(name string) string {
	for _, child := range x.element.Children {
		if strings.EqualFold(child.Local, name) && !isNil(child) {
			return strings.TrimSpace(child.Text)
		}
	}
	return ""
}

// arguments reads the parameter args, or the flattened form of the documentation.
func (x *exchange) arguments() (arguments, error) {
	from := x.element
	for _, child := range x.element.Children {
		if strings.EqualFold(child.Local, "args") {
			if isNil(child) {
				return arguments{}, refuse("The args parameter must be specified.")
			}
			from = child
		}
	}
	if from == x.element && len(from.Children) == 0 {
		return arguments{}, refuse("The args parameter must be specified.")
	}
	if from != x.element && len(from.Children) > 0 && from.Children[0].Space != "" {
		if len(from.Children[0].Space) > maxNamespace {
			return arguments{}, refuse("The namespace of the arguments is not valid: it is longer than %d bytes.", maxNamespace)
		}
		x.request.data = from.Children[0].Space
		x.door.spaces.learn(x.speaker(), x.request.data)
	}
	return readArguments(from)
}

// result renders the answer's body: the response element in the namespace of the
// request, its members in that of the data (5.2).
func (x *exchange) result(st *status) []byte {
	name := x.request.operation
	out := append(x.openResponse(nil), '<')
	out = append(append(out, name...), "Result"...)
	if st == nil {
		return x.closeResponse(append(out, ` xmlns:i="`+instance+`" i:nil="true"/>`...))
	}
	space := x.data()
	if x.request.data == "" && st.data != "" {
		space = st.data
	}
	out = append(xmltree.AppendText(append(out, ` xmlns:a="`...), space), `" xmlns:i="`+instance+`"`...)
	if kind := st.typeName(); kind != "" {
		out = append(out, ` i:type="a:`+kind+`"`...)
	}
	out = st.appendXML(append(out, '>'))
	out = append(append(append(out, "</"...), name...), "Result>"...)
	return x.closeResponse(out)
}

func (x *exchange) openResponse(out []byte) []byte {
	out = append(append(append(out, '<'), x.request.operation...), `Response xmlns="`...)
	return append(xmltree.AppendText(out, x.request.service), `">`...)
}

func (x *exchange) closeResponse(out []byte) []byte {
	return append(append(append(out, "</"...), x.request.operation...), "Response>"...)
}
