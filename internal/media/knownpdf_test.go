package media

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// knownPDF is a sample file of another project.
func knownPDF(t *testing.T, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(sampleModule(t, "github.com/pdfcpu/pdfcpu@v0.15.0"), "pkg", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// The words of files that other programs have written are those of pdftotext: each page has the same characters, and of
// the words at least 97 of 100. The others are those that pdftotext joins: parts around a hyphen at the end of a line,
// and marks in another size.
func TestWordsOfKnownFiles(t *testing.T) {
	needTools(t, "pdftotext")
	for _, name := range []string{"golang.pdf", "adobeImplOfPDFSpec.pdf", "go-lecture.pdf"} {
		t.Run(name, func(t *testing.T) {
			file := knownPDF(t, name)
			got, err := newRunner(t, "media-worker").Words(t.Context(), bytes.NewReader(file), int64(len(file)), name)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("pdftotext", "-", "-")
			cmd.Stdin = bytes.NewReader(file)
			text, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			pages := strings.Split(strings.TrimSuffix(string(text), "\f"), "\f")
			if len(got) != len(pages) {
				t.Fatalf("%d pages, pdftotext has %d", len(got), len(pages))
			}
			words, same := 0, 0
			for i, page := range got {
				var ours []string
				for _, line := range page.Lines {
					for _, word := range line.Words {
						ours = append(ours, word.Text)
					}
				}
				theirs := strings.Fields(pages[i])
				if diff := cmp.Diff(characters(theirs), characters(ours)); diff != "" {
					t.Errorf("page %d (-pdftotext +ours):\n%.2000s", i+1, diff)
				}
				count := map[string]int{}
				for _, word := range ours {
					count[word]++
				}
				for _, word := range theirs {
					words++
					if count[word] > 0 {
						count[word]--
						same++
					}
				}
			}
			t.Logf("%d of %d words", same, words)
			if words < 500 || 100*same < 97*words {
				t.Errorf("%d of %d words are the same", same, words)
			}
		})
	}
}

// characters are those of words in their order in Unicode, without hyphens.
func characters(words []string) string {
	all := []rune(strings.ReplaceAll(strings.Join(words, ""), "-", ""))
	slices.Sort(all)
	return string(all)
}

// The links of known files are those that pdftohtml, which reads them by other code, writes: addresses, and pages of
// the document, by the page on which they stand.
func TestLinksOfKnownFiles(t *testing.T) {
	needTools(t, "pdftoppm")
	tool, err := exec.LookPath("pdftohtml")
	if err != nil {
		t.Skip("pdftohtml is not installed: apt-get install poppler-utils")
	}
	for name, least := range map[string]int{"golang.pdf": 13, "adobeImplOfPDFSpec.pdf": 10, "5116.DCT_Filter.pdf": 30} {
		t.Run(name, func(t *testing.T) {
			file := knownPDF(t, name)
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			found, err := newRunner(t, "media-worker").Links(t.Context(), bytes.NewReader(file), int64(len(file)), name)
			if err != nil {
				t.Fatal(err)
			}
			ours := map[string]bool{}
			for i, page := range found.Pages {
				for _, l := range page.Links {
					target := l.URI
					switch {
					case target == "":
						target = fmt.Sprintf("page %d", l.Page)
					case strings.HasPrefix(target, "www."):
						target = "http://" + target // as pdftohtml completes it
					}
					ours[fmt.Sprintf("%d: %s", i+1, target)] = true
				}
			}
			cmd := exec.Command(tool, "-xml", "-i", "-q", "-stdout", path)
			said, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			theirs := linksOfHTML(string(said))
			if len(theirs) < least {
				t.Fatalf("pdftohtml finds %d links only", len(theirs))
			}
			for link := range theirs {
				if !ours[link] {
					t.Errorf("only pdftohtml finds %s", link)
				}
			}
			for link := range ours {
				if !theirs[link] {
					t.Errorf("only we find %s", link)
				}
			}
		})
	}
}

// linksOfHTML are the links in what pdftohtml wrote, by page. It writes those only that have text.
func linksOfHTML(text string) map[string]bool {
	links, page := map[string]bool{}, ""
	for _, m := range regexp.MustCompile(`<page number="(\d+)"|<a href="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		target := strings.ReplaceAll(m[2], "&amp;", "&")
		switch _, number, ok := strings.Cut(target, ".html#"); {
		case m[1] != "":
			page = m[1]
		case ok && !strings.Contains(target, "://"):
			links[page+": page "+number] = true
		case target != "":
			links[page+": "+target] = true
		}
	}
	return links
}
