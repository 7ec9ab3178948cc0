package crash_test

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/go-cmp/cmp"
)

// processedWithin is how long the processing of what was answered may take
// after a restart.
const processedWithin = time.Minute

// job and row are a job and its log as the JSON API shows them.
type job struct {
	UUID    string `json:"uuid"`
	State   string `json:"state"`
	Pending int    `json:"pending"`
	counts
}

type counts struct {
	Total     int `json:"totalFileCount"`
	Success   int `json:"fileSuccessCount"`
	Update    int `json:"fileUpdateCount"`
	Duplicate int `json:"fileDuplicateCount"`
	Error     int `json:"fileErrorCount"`
	Warning   int `json:"fileWarningCount"`
}

type row struct {
	Type    string `json:"type"`
	Message string `json:"message"`
	Asset   string `json:"asset"`
}

// String describes the request for messages.
func (r *request) String() string {
	text := fmt.Sprintf("a request (answered %t, overwrite %t) with", r.answered, r.replaces)
	for _, v := range r.files {
		text += fmt.Sprintf(" %s generation %d (%d bytes)", v.name, v.generation, v.length)
	}
	return text
}

// checkJob wants one finished job, whose log has one row for each file, of a
// request that was carried out, and none of another. Whether a request without
// an answer was carried out that stored nothing cannot be told but by the job.
func (r *request) checkJob(ctx context.Context, c *client) error {
	j, err := r.finished(ctx, c)
	switch {
	case err != nil:
		return err
	case j == nil && !r.present:
		return nil
	case j == nil:
		return fmt.Errorf("its files are in the library, it has no job")
	case !r.present && !r.skipped:
		return fmt.Errorf("its files are not in the library, and it has a job")
	}
	rows, err := list[row](ctx, c, "/v1/jobs/"+j.UUID+"/log", company())
	if err != nil {
		return err
	}
	want := r.counts()
	want.Warning = j.Warning // a file may have warnings; there is a row for each
	if diff := cmp.Diff(want, j.counts); diff != "" {
		return fmt.Errorf("its counts are not those that were sent (-) but (+)\n%s", diff)
	}
	return r.checkLog(j, rows)
}

// finished waits for the request's job to be done; nil means that there is none.
func (r *request) finished(ctx context.Context, c *client) (*job, error) {
	deadline := time.Now().Add(processedWithin)
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		jobs, err := list[job](ctx, c, "/v1/jobs", company("name", r.job))
		if err != nil {
			return nil, err
		}
		switch {
		case len(jobs) == 0:
			return nil, nil
		case len(jobs) > 1:
			return nil, fmt.Errorf("there are %d jobs with its name, which was sent once", len(jobs))
		case jobs[0].State == "Done":
			return &jobs[0], nil
		case time.Now().After(deadline):
			return nil, fmt.Errorf("its job is %s, with %d steps outstanding, %s after the restart", jobs[0].State, jobs[0].Pending, processedWithin)
		}
		time.Sleep(wait)
	}
}

// counts is what the job must have counted.
func (r *request) counts() counts {
	n := counts{Total: len(r.files), Update: r.updates, Success: len(r.files) - r.updates}
	if r.skipped {
		n.Duplicate, n.Success = n.Success, 0
	}
	return n
}

// checkLog compares the rows of a job with its counts and with the files.
func (r *request) checkLog(j *job, rows []row) error {
	types, files := map[string]int{}, map[string]int{}
	for _, row := range rows {
		types[row.Type]++
		switch row.Type {
		case "UploadSuccess", "FileUpdated", "DuplicateSkipped", "UploadError":
			files[row.Asset]++
		case "TotalFileCount":
			if row.Message != strconv.Itoa(j.Total) {
				return fmt.Errorf("the log counts %s files, the job %d", row.Message, j.Total)
			}
		}
	}
	want := map[string]int{"BeginUpload": 1, "OriginalJobName": 1, "JobClient": 1, "TotalFileCount": 1, "EndUpload": 1}
	for name, n := range map[string]int{
		"UploadSuccess": j.Success, "FileUpdated": j.Update, "DuplicateSkipped": j.Duplicate, "UploadError": j.Error, "UploadWarning": j.Warning,
	} {
		if n > 0 {
			want[name] = n
		}
	}
	if diff := cmp.Diff(want, types); diff != "" {
		return fmt.Errorf("the rows of its log are not those of its counts (-) but (+)\n%s", diff)
	}
	sent := map[string]int{}
	for _, v := range r.files {
		sent[v.name]++
	}
	if diff := cmp.Diff(sent, files); diff != "" {
		return fmt.Errorf("the files of its log are not those that were sent (-) but (+)\n%s", diff)
	}
	if last := rows[len(rows)-1].Type; last != "EndUpload" {
		return fmt.Errorf("its log ends with %s", last)
	}
	return nil
}
