package e2e_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	johnPassword = "johns pass+&\"%1"
	annPassword  = "anns-päss-2"
	johnNumber   = "+420777000001"
	annNumber    = "+420777000002"
)

// softphones starts a server with two users who have numbers, and returns their apps.
func softphones(t *testing.T, settings ...string) (s *server, john, ann *app) {
	t.Helper()
	s = start(t)
	for _, u := range [][3]string{{"johndow", johnPassword, johnNumber}, {"ann@example.com", annPassword, annNumber}} {
		s.must(u[1]+"\n", "user", "add", u[0], "--company", "Demo", "--role", "editor", "--password-stdin")
		s.must("", "user", "set", u[0], "phone="+u[2])
	}
	if len(settings) > 0 {
		s.must("", append([]string{"company", "set", "Demo"}, settings...)...)
	}
	return s, s.provisioned("johndow", johnPassword), s.provisioned("ann@example.com", annPassword)
}

func TestSoftphoneAppSendsAPicture(t *testing.T) {
	s, john, ann := softphones(t)
	picture := jpegOf(t, 64, 48)
	values := map[string]string{"sms_to": annNumber, "description": "Čau & \"ahoj\"\nline two", "media_size": strconv.Itoa(len(picture)), "content_type": "image/jpeg"}
	if status, body := john.precheck(values); status != http.StatusOK || len(body) != 0 {
		t.Fatalf("precheck: %d %v", status, body)
	}
	address := john.upload("IMG 1 (2).jpg", "image/jpeg", []byte(picture), values)
	values["media_url"], values["media_content_type"] = address, "image/jpeg"
	values["preview_content"], values["preview_content_type"], values["preview_width"], values["preview_height"] = base64.StdEncoding.EncodeToString([]byte(picture)), "image/jpeg", "64", "48"
	john.reference(values)

	got := ann.received("")
	if len(got) != 1 || got[0]["sender"] != johnNumber || got[0]["recipient"] != annNumber {
		t.Fatalf("received %v", got)
	}
	file := ann.attachment(got[0])
	if file["content-url"] != address || file["content-size"] != float64(len(picture)) || ann.decoded([]byte(got[0]["sms_text"].(string)))["body"] != values["description"] {
		t.Errorf("the message is %v", got[0])
	}
	if ann.download(address) != picture {
		t.Error("the picture that was read is not the one that was sent")
	}
	if more := ann.received(got[0]["sms_id"].(string)); len(more) != 0 {
		t.Errorf("it is received again: %v", more)
	}
	if a := s.asset("IMG 1 (2).jpg"); a.Size != int64(len(picture)) || s.original(a) != picture {
		t.Errorf("the library has %+v", a)
	}
	values["media_size"] = "999999999"
	if status, body := john.precheck(values); status != http.StatusRequestEntityTooLarge || body["message"] != "File is too large (limit 100 MB)" {
		t.Errorf("precheck of a large file: %d %v", status, body)
	}
}

// Shipping apps encrypt what they send and hand it over by the store-and-forward service.
func TestSoftphoneAppSendsAnEncryptedPicture(t *testing.T) {
	s, john, ann := softphones(t)
	picture, key := []byte(jpegOf(t, 64, 48)), []byte("sixteen byte key")
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	crypt := func(b []byte) []byte {
		out := make([]byte, len(b))
		cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(out, b)
		return out
	}
	for _, escapes := range []bool{true, false} {
		john.escapes = escapes
		status, body := john.send(http.MethodPost, john.keys["mmmsgUrl"], "application/json", "", fmt.Appendf(nil, `{"contentType":"image/jpeg","contentSize":%d}`, len(picture)))
		address, _ := john.decoded(body)["url"].(string)
		u, err := url.Parse(address)
		if err != nil || status != http.StatusCreated || "http://"+u.Host != s.url || u.RawQuery != "" || strings.Count(u.Path, "/") != 1 || len(u.Path) < 34 || len(u.Path) > 129 {
			t.Fatalf("allocate: %d %s", status, body)
		}
		if status, body := john.send(http.MethodPut, address, "image/jpeg", "", crypt(picture)); status != http.StatusCreated {
			t.Fatalf("put: %d %s", status, body)
		}
		message, _ := json.Marshal(map[string]any{"body": "look", "attachments": []any{map[string]any{
			"content-url": address, "content-type": "image/jpeg", "content-size": len(picture), "filename": "a.jpg",
			"encryption-key": hex.EncodeToString(key), "hash": strconv.FormatUint(uint64(crc32.ChecksumIEEE(picture)), 10),
		}}})
		john.message(map[string]string{"sms_to": annNumber, "sms_body": string(message), "content_type": "application/x-acro-filetransfer+json"})
		list := ann.received("")
		last := list[len(list)-1]
		if last["sms_text"] != string(message) {
			t.Errorf("escaped %v: the message is %v, sent was %s", escapes, last["sms_text"], message)
		}
		file := ann.attachment(last)
		opened := crypt([]byte(ann.download(file["content-url"].(string))))
		if sum := strconv.FormatUint(uint64(crc32.ChecksumIEEE(opened)), 10); file["hash"] != sum || !bytes.Equal(opened, picture) {
			t.Errorf("the checksum is %s, in the message is %v", sum, file["hash"])
		}
	}
}

// A text with quotes and line ends arrives as it was written, from apps that escape what
// they put into JSON and from those that do not.
func TestSoftphoneAppSendsText(t *testing.T) {
	_, john, ann := softphones(t)
	since := ""
	for _, escapes := range []bool{true, false} {
		john.escapes = escapes
		text := "she said: \"hi, you\",\nand {left} 100% 😀"
		id := john.message(map[string]string{"sms_to": annNumber, "sms_body": text})
		got := ann.received(since)
		if len(got) != 1 || got[0]["sms_text"] != text || got[0]["content_type"] != "text/plain" || got[0]["sms_id"] != id {
			t.Fatalf("escaped %v: %v", escapes, got)
		}
		since = id
	}
}

// Addresses without a company mean the only one there is, or the one of the settings.
func TestSoftphoneCompanyByDefault(t *testing.T) {
	s := start(t)
	check := func(s *server, path string, want int) {
		t.Helper()
		res := s.get(path + "?username=" + percent(adminLogin) + "&password=" + percent(adminPassword))
		if res.StatusCode != want {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	check(s, "/fetch_messages", http.StatusOK)
	s.must("", "company", "add", "Zoo & Park")
	check(s, "/fetch_messages", http.StatusNotFound)
	check(s, "/zoo-and-park/softphone/fetch_messages", http.StatusOK)
	s.stop(t)
	check(startOn(t, s.data, "SLUICE_SOFTPHONE_COMPANY=Zoo & Park"), "/softphone/fetch_messages", http.StatusOK)
}

// The server's log has nothing of what apps keep secret.
func TestSoftphoneLogIsDiscreet(t *testing.T) {
	s, john, ann := softphones(t)
	picture := jpegOf(t, 32, 32)
	address := john.upload("a.jpg", "image/jpeg", []byte(picture), map[string]string{"sms_to": annNumber})
	ann.download(address)
	john.message(map[string]string{"sms_to": annNumber, "sms_body": "a word in private"})
	john.send(http.MethodGet, s.url+"/demo/softphone/fetch_messages?username=johndow&password="+percent(johnPassword), "", "", nil)
	log, err := os.ReadFile(s.log)
	if err != nil || !bytes.Contains(log, []byte("/demo/softphone/fetch_messages")) {
		t.Fatalf("the log lacks the requests: %v", err)
	}
	for _, secret := range []string{johnPassword, percent(johnPassword), "private", strings.Split(address, "/")[4], strings.Split(john.keys["mmmsgUrl"], "/")[5]} {
		if strings.Contains(string(log), secret) {
			t.Errorf("the log has %q", secret)
		}
	}
}

// Twenty large files at once do not need more memory than one.
func TestSoftphoneMemory(t *testing.T) {
	slow(t)
	s := start(t, memoryLimit)
	s.must(johnPassword+"\n", "user", "add", "johndow", "--company", "Demo", "--role", "editor", "--password-stdin")
	s.must("", "company", "set", "Demo", "media-max=400MiB", "media-types=*/*")
	const files, size = 20, 300_000_000
	var all sync.WaitGroup
	for i := range files {
		all.Go(func() {
			block := bytesOf(fmt.Sprint("softphone ", i), 1<<20)
			head := "--b\r\nContent-Disposition: form-data; name=from\r\n\r\njohndow\r\n--b\r\nContent-Disposition: form-data; name=password\r\n\r\n" + johnPassword + "\r\n" +
				"--b\r\nContent-Disposition: form-data; name=file; filename=a.mp4\r\nContent-Type: video/mp4\r\n\r\n"
			body := io.MultiReader(strings.NewReader(head), io.LimitReader(&noise{block: block}, size), strings.NewReader("\r\n--b--\r\n"))
			client := http.Client{Timeout: 10 * time.Minute}
			res, err := client.Post(s.url+"/demo/softphone/upload_media", "multipart/form-data; boundary=b", body)
			if err != nil {
				t.Error(err)
				return
			}
			defer res.Body.Close()
			if text, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
				t.Errorf("%s %s", res.Status, text)
			}
		})
	}
	all.Wait()
	peak := s.peak()
	t.Logf("peak %d MiB", peak>>20)
	if peak > mostMemory {
		t.Errorf("the server took %d MiB", peak>>20)
	}
}
