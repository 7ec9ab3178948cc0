package e2e_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/media/mediatest"
)

// TestWalk is the acceptance walk of the contract, section 14, as far as one
// door and the own interface go.
func TestWalk(t *testing.T) {
	s := start(t, mediaHere(t))
	picture := string(mediatest.JPEG(mediatest.Photograph(640, 480)))

	handle := s.upload(auth("<appName>walker</appName><appVersion>3</appVersion>"), params(jobName("walk"), options(true)), file("one.jpg", picture))
	if !strings.HasPrefix(handle, "j|1||walk|") {
		t.Errorf("handle %s", handle)
	}
	if again := s.upload(auth(), params(jobHandle(handle)), file("two.png", string(mediatest.PNG(mediatest.Picture(40, 30))))); again != handle {
		t.Errorf("the second request was answered with %s, the first with %s", again, handle)
	}
	s.processed("one.jpg")
	s.processed("two.png")
	s.eventually("the job waits for its client", func() bool { return s.job(handle).State == "WaitingClient" })
	if again := s.upload(auth(), params(jobHandle(handle), endJob)); again != handle {
		t.Errorf("the closing request was answered with %s", again)
	}

	rows := s.finished(handle)
	want := "BeginUpload OriginalJobName JobClient UploadSuccess UploadSuccess TotalFileCount EndUpload"
	if diff := cmp.Diff(want, types(rows)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	for kind, message := range map[string]string{"OriginalJobName": "walk", "JobClient": "walker", "TotalFileCount": "2"} {
		if got := the(s, rows, kind).Message; got != message {
			t.Errorf("row %s says %q, want %q", kind, got, message)
		}
	}
	s.post(auth(), params(jobHandle(handle)), file("late.zip", "x")).wantFault(t, 500, 30001, "takes no more files")

	one, two := s.asset("one.jpg"), s.asset("two.png")
	if one.Width != 640 || one.Height != 480 || two.Width != 40 || two.Height != 30 || one.State != "ready" || two.State != "ready" {
		t.Errorf("found %+v and %+v", one, two)
	}
	s.holds("one.jpg", picture)
	if thumbnail := s.read("/v1/assets/" + one.UUID + "/thumbnail"); !strings.HasPrefix(thumbnail, "\xff\xd8\xff") {
		t.Errorf("the thumbnail begins with %.8q", thumbnail)
	}

	// The same once more: the assets stay who they are.
	rows = s.finished(s.upload(auth(), params(jobName("walk"), endJob, options(true)), file("one.jpg", picture)))
	if got := the(s, rows, "FileUpdated"); got.Asset != "one.jpg" {
		t.Errorf("updated %q", got.Asset)
	}
	if got := s.asset("one.jpg"); got.Number != one.Number || got.UUID != one.UUID {
		t.Errorf("the replaced asset is number %d, %s; before it was %d, %s", got.Number, got.UUID, one.Number, one.UUID)
	}
	rows = s.finished(s.upload(auth(), params(jobName("walk"), endJob, options(false)), file("one.jpg", "other bytes")))
	if got := the(s, rows, "DuplicateSkipped"); got.Asset != "one.jpg" {
		t.Errorf("skipped %q", got.Asset)
	}
	s.holds("one.jpg", picture)

	jobs := s.jobs("walk")
	if len(jobs) != 3 {
		t.Fatalf("%d jobs were submitted as walk", len(jobs))
	}
	for _, j := range jobs {
		if j.Door != "scene7" || j.Progress != 100 {
			t.Errorf("job %+v", j)
		}
	}
}

func TestWrongPassword(t *testing.T) {
	s := start(t)
	request := func(login, password string, more ...string) answer {
		return s.post(authAs(login, password, more...), newJob("x"), file("x.zip", "x"))
	}
	request(adminLogin, "wrong").wantFault(t, 500, 10001, "Invalid username/password")
	request(adminLogin, "wrong", "<faultHttpStatusCode>200</faultHttpStatusCode>").wantFault(t, 200, 10001, "Invalid username/password")
	request("nobody@example.com", "wrong").wantFault(t, 500, 10001, "Invalid username/password")
	request("", "").wantFault(t, 500, 10000)
	// A client that writes its whole body before it reads gets to see the fault.
	s.post(authAs(adminLogin, "wrong"), newJob("x"), file("x.zip", bytesOf("x", 30<<20))).wantFault(t, 500, 10001)
	s.awaitNothingUnderway()
	s.post(newJob("x"), file("x.zip", "x")).wantFault(t, 500, 10000)
	if got := s.assets(); len(got) != 0 {
		t.Errorf("stored %v", got)
	}
}

// TestOtherAddress takes further files of a job only from where it was opened,
// unless that is switched off.
func TestOtherAddress(t *testing.T) {
	for _, c := range []struct {
		setting string
		taken   bool
	}{{"SLUICE_SCENE7_SAME_ADDRESS=true", false}, {"SLUICE_SCENE7_SAME_ADDRESS=false", true}} {
		t.Run(c.setting, func(t *testing.T) {
			s := start(t, c.setting)
			handle := s.upload(auth(), params(jobName("mine"), options(true)), file("a.zip", "a"))
			a, err := poster{url: s.url, from: "127.0.0.2"}.post(auth(), params(jobHandle(handle)), file("b.zip", "b"))
			if err != nil {
				t.Fatal(err)
			}
			if c.taken {
				if got, err := a.handle(); err != nil || got != handle {
					t.Errorf("%s, %v", got, err)
				}
				return
			}
			a.wantFault(t, 500, 30001, "only from the address that opened it", "127.0.0.2")
		})
	}
}
