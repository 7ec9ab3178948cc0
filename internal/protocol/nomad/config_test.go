package nomad

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConfig(t *testing.T) {
	k := newKit(t, Options{})
	token := func(login, company string) []string {
		a := k.want(200, k.send("POST", "/account/login", `{"userName":"`+login+`","password":"password","applicationId":"`+company+`"}`))
		return []string{"Authorization", "Bearer " + a.text("token")}
	}
	ann := token("ann@example.com", "")
	first := k.want(200, k.send("GET", "/config?configType=1", "", ann...))
	root, custom := first.text("rootAssetId"), first.json["customProperties"].(map[string]any)
	incoming, _ := custom["incomingFolderId"].(string)
	if root == "" || incoming == "" || root == incoming {
		t.Errorf("root %q, incoming folder %q", root, incoming)
	}
	if first.text("siteName") != "Acme" || first.text("applicationId") != string(k.acme.UUID) || first.text("defaultLanguage") == "" || first.text("siteUrl") != k.server.URL {
		t.Errorf("configuration %s", first.raw)
	}
	k.restart()
	for _, query := range []string{"", "?configType=2", "?configType=Admin", "?configType="} {
		again := k.want(200, k.send("GET", "/api/config/"+query, "", ann...))
		delete(first.json, "siteUrl") // the port is another one
		delete(again.json, "siteUrl")
		if diff := cmp.Diff(first.json, again.json); diff != "" {
			t.Error(diff)
		}
	}
	viewer := k.want(200, k.send("GET", "/config", "", token("ann@example.com", "zenith")...))
	if viewer.text("rootAssetId") == root || viewer.text("rootAssetId") == "" || viewer.json["customProperties"].(map[string]any)["incomingFolderId"] == nil {
		t.Errorf("of another company, to a viewer: %s", viewer.raw)
	}
	k.want(401, k.send("GET", "/config", ""))
	if clock := k.want(200, k.send("GET", "/config/serverTime", "")); clock.raw != `"2026-03-01T12:00:00Z"` {
		t.Errorf("time %s", clock.raw)
	}
}
