package brightsign

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// subject is an upload in some state.
type subject struct {
	h     *harness
	token string
	said  []string
}

// startingPoints bring an upload of the three bytes abc into each of the states.
func startingPoints() map[string]func(h *harness) subject {
	plain := func(h *harness, said ...string) subject {
		said = append([]string{"FileName", "a.txt"}, said...)
		return subject{h, text(h.start(h.editor, said...), "UploadToken"), said}
	}
	sized := func(h *harness) subject { return plain(h, "FileSize", "3") }
	uploaded := func(h *harness, s subject) subject {
		h.append(h.editor, "", s.token, 0, []byte("abc"))
		return s
	}
	return map[string]func(h *harness) subject{
		"(none)": func(h *harness) subject { return subject{h, newToken(), []string{"FileName", "a.txt"}} },
		"Queued": slotOf("abc"), "Queued, empty": slotOf(""),
		"Started": sized, "Started, empty": func(h *harness) subject { return plain(h, "FileSize", "0") },
		"Uploading": func(h *harness) subject {
			s := sized(h)
			h.append(h.editor, "", s.token, 1, []byte("bc"))
			return s
		},
		"Uploading, size unknown": func(h *harness) subject { return uploaded(h, plain(h)) },
		"Uploaded":                func(h *harness) subject { return uploaded(h, sized(h)) },
		"Corrupted": func(h *harness) subject {
			s := plain(h, "FileSize", "3", "SHA1Hash", sha([]byte("abc")))
			h.append(h.editor, "", s.token, 0, []byte("xyz"))
			h.refused(h.editor, opComplete, args("", members("UploadToken", s.token)), "SHA1")
			return s
		},
		"Completed": func(h *harness) subject {
			s := uploaded(h, sized(h))
			h.complete(h.editor, "UploadToken", s.token)
			return s
		},
		"Cancelled": func(h *harness) subject {
			s := uploaded(h, sized(h))
			h.cancel(h.editor, s.token)
			return s
		},
		"Cancelled slot": func(h *harness) subject {
			s := slotOf("abc")(h)
			h.cancel(h.editor, s.token)
			return s
		},
		"Terminated": func(h *harness) subject {
			s := uploaded(h, sized(h))
			h.later(24 * time.Hour)
			return s
		},
		"Terminated slot": func(h *harness) subject {
			s := slotOf("abc")(h)
			h.later(24 * time.Hour)
			return s
		},
	}
}

// slotOf makes a file of a session.
func slotOf(content string) func(h *harness) subject {
	return func(h *harness) subject {
		page := h.startPage(h.editor, pageOf([]file{{"", "a.txt", content}}))
		return subject{h, assetTokens(page)[0], []string{"FileName", "a.txt", "FileSize", fmt.Sprint(len(content))}}
	}
}

// Section 7: every cell of the table of states. A cell is the state that the call
// answers, "fault" with a keyword, or "null"; behind a slash the state afterwards,
// where that is another.
func TestStates(t *testing.T) {
	const rows = `
(none)                 |fault not exist          |fault not exist     |fault not exist              |null        |(none)
Queued                 |Started                  |true/Uploaded       |fault incomplete/Queued      |Cancelled   |Terminated
Queued, empty          |Started                  |true/Uploaded       |Completed                    |Cancelled   |Terminated
Started                |Started                  |true/Uploaded       |fault incomplete/Started     |Cancelled   |Terminated
Started, empty         |Started                  |true/Uploaded       |Completed                    |Cancelled   |Terminated
Uploading              |Uploading                |true/Uploaded       |fault incomplete/Uploading   |Cancelled   |Terminated
Uploading, size unknown|Uploading                |true/Uploading      |Completed                    |Cancelled   |Terminated
Uploaded               |Uploaded                 |true/Uploaded       |Completed                    |Cancelled   |Terminated
Corrupted              |Corrupted                |true/Uploaded       |fault SHA1/Corrupted         |Cancelled   |Terminated
Completed              |fault already/Completed  |fault already/Completed|Completed                 |Completed   |(none)
Cancelled              |fault already/Cancelled  |fault already/Cancelled|fault already/Cancelled   |Cancelled   |(none)
Cancelled slot         |Started                  |fault already/Cancelled|fault already/Cancelled   |Cancelled   |Terminated
Terminated             |fault already/Terminated |fault already/Terminated|fault already/Terminated |Terminated  |(none)
Terminated slot        |fault already/Terminated |fault already/Terminated|fault already/Terminated |Terminated  |(none)`
	calls := []string{opStartFile, opAppend, opComplete, opCancel, "inactivity"}
	points := startingPoints()
	for _, row := range strings.Split(strings.TrimSpace(rows), "\n") {
		cells := strings.Split(row, "|")
		from := strings.TrimSpace(cells[0])
		for i, call := range calls {
			t.Run(from+" "+call, func(t *testing.T) {
				h := newHarness(t)
				s := points[from](h)
				answer, after, _ := strings.Cut(strings.TrimSpace(cells[i+1]), "/")
				if got := s.try(call, answer); got != answer {
					t.Errorf("answer %q, want %q", got, answer)
				}
				switch {
				case after == "" && strings.HasPrefix(answer, "fault"), answer == "null", answer == "(none)":
					after = ""
				case after == "":
					after = answer
				}
				if got := h.state(h.editor, s.token); got != after {
					t.Errorf("afterwards %q, want %q", got, after)
				}
			})
		}
	}
}

// try carries out a call and says what came of it in the words of the table.
func (s subject) try(call, want string) string {
	s.h.t.Helper()
	inner := ""
	switch call {
	case "inactivity":
		s.h.later(24 * time.Hour)
		if want == "(none)" {
			return want
		}
		return s.h.state(s.h.editor, s.token)
	case opStartFile:
		inner = args("", members(append(s.said, "UploadToken", s.token)...))
	case opComplete:
		inner = args("", members("UploadToken", s.token))
	case opCancel:
		inner = parameters("uploadToken", s.token)
	case opAppend:
		inner = chunkOf("", s.token, 0, 0, []byte("abc"))
	}
	got := s.h.send(plainMessage(s.h.editor), call, inner)
	if got.status != 200 {
		told := s.h.fault(got)
		if keyword, ok := strings.CutPrefix(want, "fault "); ok && strings.Contains(told.Sentence, keyword) {
			return want
		}
		return "fault " + told.Sentence
	}
	result := s.h.result(got, call)
	switch {
	case isNull(result):
		return "null"
	case call == opAppend:
		return result.Text
	}
	return text(result, "State")
}

// Section 7: a start replaces the arguments and keeps what has arrived.
func TestStartingAgain(t *testing.T) {
	h := newHarness(t)
	token := text(h.start(h.editor, "FileName", "a.txt", "FileSize", "9", "ChunksCount", "3"), "UploadToken")
	h.append(h.editor, "", token, 0, []byte("abc"))
	again := h.start(h.editor, "FileName", "b.txt", "FileSize", "3", "ChunksCount", "1", "UploadToken", token)
	if text(again, "State") != "Uploaded" || text(again, "ChunksTotal") != "1" || text(again, "FileName") != "b.txt" || text(again, "UploadToken") != token {
		t.Errorf("start answers %v", texts(again))
	}
	done := h.complete(h.editor, "UploadToken", token)
	if got := h.library()[h.contentID(done)]; got != (stored{"Shared/Incoming/", "b.txt", "abc"}) {
		t.Errorf("stored as %v", got)
	}
}
