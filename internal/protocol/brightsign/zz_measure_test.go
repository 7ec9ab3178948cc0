package brightsign

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func TestZZMeasure(t *testing.T) {
	if os.Getenv("ZZ") == "" {
		t.Skip()
	}
	for _, n := range []int{1000, 5000, 10000, 30000, 60000} {
		h := newHarness(t)
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `{"fileName":"%d"},`, i)
		}
		body := `{"fileName":"i.html","fileSize":1,"assets":[` + strings.TrimSuffix(b.String(), ",") + `]}`
		c := caller{Principal: h.editor.Principal, account: accountName, company: h.company}
		var a arguments
		assets := make([]arguments, n)
		for i := range assets {
			assets[i] = arguments{FileName: fmt.Sprint(i)}
		}
		a.FileName, a.Assets = "i.html", &assets
		start := time.Now()
		st, err := h.door.startPage(t.Context(), c, a, "")
		took := time.Since(start)
		if err != nil {
			t.Fatal(err)
		}
		start = time.Now()
		_, err = h.door.pageStatusOf(t.Context(), c, st.SessionToken)
		t.Logf("%d assets, body %d: start %v, status alone %v, %v", n, len(body), took, time.Since(start), err)
	}
}
