package engine

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"sluice/internal/ingest"
)

// Words of the option emailSetting (Scene7 contract, section 6.1); any other means no
// letter.
const (
	emailAll             = "All"
	emailError           = "Error"
	emailErrorAndWarning = "ErrorAndWarning"
	emailCompletion      = "JobCompletion"
)

// Limits of a letter: rows of the log in it, bytes of one row and of a job's name.
const (
	mostLetterRows  = 100
	maxLetterRow    = 1000
	maxLetterName   = 100
	unsentLetterRow = "emailSetting %s: no letter was sent, %s"
)

// wantsLetter reports whether the owner of a job that is done is to get a letter.
func wantsLetter(setting string, c ingest.JobCounts) bool {
	switch setting {
	case emailAll, emailCompletion:
		return true
	case emailError:
		return c.Error > 0
	case emailErrorAndWarning:
		return c.Error+c.Warning > 0
	}
	return false
}

// queueLetter queues the letter that tells the owner of a job how it ended, or notes
// in the job's log why there is none. The task is carried out after the job is done,
// at least once.
func (e *Engine) queueLetter(tx ingest.Tx, j *ingest.Job) error {
	why := ""
	u, err := tx.User(j.User)
	switch {
	case err != nil && ingest.KindOf(err) != ingest.NotFound:
		return err
	case !e.letters:
		why = "no mail server is set up (--mail-url)"
	case err != nil:
		why = "the user who owns the job does not exist any more"
	case !strings.Contains(u.Login, "@"):
		why = fmt.Sprintf("the login %s is no e-mail address", quote(u.Login))
	default:
		return e.queueStep(tx, j, ingest.TaskLetter, nil)
	}
	return tx.AppendLog(ingest.LogRow{
		Job: j.Number, Time: e.now(), Type: wordsOf(j.Kind).warning, AssetType: "NoType",
		Message: fmt.Sprintf(unsentLetterRow, j.Processing.Email, why),
	})
}

// Letter is what a person is to be told.
type Letter struct {
	To      string // e-mail address
	Subject string // one line
	Text    string
}

// Letter returns the letter of a letter task, and false when nobody is to get it any
// more: the user has gone or is switched off.
func (e *Engine) Letter(ctx context.Context, t *ingest.Task) (l Letter, wanted bool, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		l, wanted = Letter{}, false
		j, err := tx.Job(t.Job)
		if err != nil {
			return err
		}
		u, err := tx.User(j.User)
		if err != nil && ingest.KindOf(err) == ingest.NotFound || err == nil && u.Disabled {
			return nil
		}
		if err != nil {
			return err
		}
		c, err := tx.Company(j.Company)
		if err != nil {
			return err
		}
		rows, more, err := letterRows(tx, j)
		if err != nil {
			return err
		}
		l, wanted = Letter{To: u.Login, Subject: letterSubject(j), Text: letterText(c, j, rows, more)}, true
		return nil
	})
	return l, wanted && err == nil, err
}

// letterRows lists what went wrong in a job as far as its setting wants to know, and
// whether there is more of it.
func letterRows(tx ingest.Tx, j *ingest.Job) (rows []ingest.LogRow, more bool, err error) {
	words := wordsOf(j.Kind)
	f := ingest.LogFilter{Types: []ingest.LogType{ingest.LogFatalError, words.fault}}
	switch j.Processing.Email {
	case emailCompletion:
		return nil, false, nil
	case emailAll, emailErrorAndWarning:
		f.Types = append(f.Types, words.warning, ingest.LogDuplicateSkipped)
	}
	rows, err = tx.Log(j.Number, f, ingest.Page{Limit: mostLetterRows + 1})
	if len(rows) > mostLetterRows {
		return rows[:mostLetterRows], true, err
	}
	return rows, false, err
}

func letterSubject(j *ingest.Job) string {
	name := shortened(j.OriginalName, maxLetterName)
	switch {
	case j.Counts.Error > 0:
		return fmt.Sprintf("Job %s ended with %s", name, counted(j.Counts.Error, "error"))
	case j.Counts.Warning > 0:
		return fmt.Sprintf("Job %s ended with %s", name, counted(j.Counts.Warning, "warning"))
	}
	return fmt.Sprintf("Job %s is done", name)
}

func letterText(c *ingest.Company, j *ingest.Job, rows []ingest.LogRow, more bool) string {
	var b strings.Builder
	n := j.Counts
	fmt.Fprintf(&b, "The job %s of the company %s began at %s and ended at %s.\n\n", shortened(j.Name, maxLetterRow), c.Name,
		j.Created.UTC().Format("2006-01-02 15:04:05 MST"), j.Finished.UTC().Format("2006-01-02 15:04:05 MST"))
	fmt.Fprintf(&b, "Files: %d\nNew assets: %d\nReplaced assets: %d\nSkipped as duplicates: %d\nErrors: %d\nWarnings: %d\n",
		n.Total, n.Success, n.Update, n.Duplicate, n.Error, n.Warning)
	for i, row := range rows {
		if i == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s: %s\n", row.Type, shortened(row.Message, maxLetterRow))
	}
	if more {
		b.WriteString("There is more in the log of the job.\n")
	}
	return b.String()
}

// shortened is a text of one line without control characters, of at most that many
// bytes and a mark that something is missing.
func shortened(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

func counted(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
