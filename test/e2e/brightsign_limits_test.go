package e2e_test

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestBrightSignLargestFile is check 25 of the contract: a file of 5,000,000,000 bytes,
// the largest that is allowed, in chunks eight at a time. The server's memory stays
// below 200 MB and the completion answers within 10 s, hash included.
func TestBrightSignLargestFile(t *testing.T) {
	slow(t)
	const size, piece, beside, most, soon = 5_000_000_000, 1_000_000, 8, 200_000_000, 10 * time.Second
	s := start(t, memoryLimit)
	chunk := bytesOf("largest", piece)
	sum := sha1.New()
	for range size / piece {
		_, _ = sum.Write([]byte(chunk)) // a hash takes everything
	}
	want := strings.ToUpper(hex.EncodeToString(sum.Sum(nil)))
	token := s.bright("StartFileUpload", args("", members("FileName", "largest.zip", "FileSize", fmt.Sprint(size), "SHA1Hash", want))).at("UploadToken").Text

	before, after, _ := strings.Cut(uploadMessage(soap11, "AppendChunk", "<uploadToken>"+token+"</uploadToken><partNumber>0</partNumber><data>"+encoded(chunk)+"</data><offset>OFFSET</offset>"), "OFFSET")
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: beside}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	send := func(offset int64) error {
		answer, err := client.Post(s.url+uploadPath, "text/xml; charset=utf-8", strings.NewReader(before+fmt.Sprint(offset)+after))
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err == nil && (answer.StatusCode != http.StatusOK || !strings.Contains(string(text), "AppendChunkResult>true<")) {
			err = fmt.Errorf("chunk at %d: %s %s", offset, answer.Status, text)
		}
		return err
	}
	offsets := make(chan int64)
	var senders sync.WaitGroup
	for range beside {
		senders.Go(func() {
			for offset := range offsets {
				if err := send(offset); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for offset := int64(0); offset < size && !t.Failed(); offset += piece {
		offsets <- offset
	}
	close(offsets)
	senders.Wait()
	if t.Failed() {
		return
	}
	began := time.Now()
	done := s.bright("CompleteFileUpload", args("", members("UploadToken", token)))
	took := time.Since(began)
	if done.at("State").Text != "Completed" || done.at("SHA1Hash").Text != want || done.at("FileSize").Text != fmt.Sprint(size) {
		t.Errorf("completed: %+v", done)
	}
	if took > soon {
		t.Errorf("the completion took %v, it may take %v", took, soon)
	}
	peak := s.peak()
	if peak > most {
		t.Errorf("the server took %d bytes of memory, it may take %d", peak, most)
	}
	t.Logf("completed in %v, peak %d MiB", took.Round(time.Millisecond), peak>>20)
}

// TestBrightSignTokensAreNotLogged looks into the log of a server whose REST interface
// was used: the addresses are there without their tokens.
func TestBrightSignTokensAreNotLogged(t *testing.T) {
	s := start(t)
	call := func(method, path, media, body string) (code int, token string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, s.url+"/upload/2019/03/REST"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(uploadUser, adminPassword)
		r.Header.Set("Content-Type", media)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		var status struct{ UploadToken string }
		if answer.StatusCode == http.StatusCreated {
			if err := json.NewDecoder(answer.Body).Decode(&status); err != nil {
				t.Error(err)
			}
		}
		return answer.StatusCode, status.UploadToken
	}
	code, token := call("POST", "/Sessions/None/Uploads/", "application/vnd.bsn.start.content.upload.arguments.201903+json", `{"fileName":"a.zip","fileSize":3}`)
	if code != http.StatusCreated || token == "" {
		t.Fatalf("start: %d", code)
	}
	for path, want := range map[string]int{"/Sessions/None/Uploads/" + token + "/": 200, "/Sessions/" + token + "/": 404, "/Sesions/" + token: 404} {
		if code, _ := call("GET", path, "", ""); code != want {
			t.Errorf("GET %s: %d, want %d", path, code, want)
		}
	}
	if code, _ := call("POST", "/Sessions/None/Uploads/"+token+"/Chunks/?offset=0", "application/octet-stream", "abc"); code != http.StatusNoContent {
		t.Errorf("chunk: %d", code)
	}
	const masked = "/Sessions/None/Uploads/***/Chunks/"
	var log []byte
	s.eventually("the chunk is logged", func() bool {
		var err error
		log, err = os.ReadFile(s.log)
		return err == nil && strings.Contains(string(log), masked)
	})
	if strings.Contains(strings.ToLower(string(log)), token) {
		t.Errorf("the log has the token:\n%s", log)
	}
}
