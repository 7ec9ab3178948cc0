package api

import (
	"context"

	"sluice/internal/ingest"
)

// jobItem is a job.
type jobItem struct {
	Number       int64      `json:"number" doc:"Number of the job, from 1; never changes." example:"7"`
	UUID         string     `json:"uuid" format:"uuid" doc:"Universal name of the job; never changes."`
	Company      int64      `json:"company" doc:"Number of the company that it belongs to." example:"1"`
	Name         string     `json:"name" doc:"Name, unique within the company." example:"spring_2026-05-04-10:15:30.123"`
	OriginalName string     `json:"originalName" doc:"Name as the client gave it." example:"spring"`
	Door         string     `json:"door" doc:"The protocol through which it was opened." example:"scene7"`
	State        string     `json:"state" enum:"New,Running,WaitingClient,Stopping,Done" doc:"Where it stands." example:"Done"`
	Open         bool       `json:"open" doc:"Whether it still takes files."`
	Progress     int        `json:"progress" minimum:"0" maximum:"100" doc:"Percent: the files so far, out of them and the steps that are outstanding. 100 is reached only when the job is done." example:"100"`
	Pending      int        `json:"pending" doc:"Steps of processing that it still waits for." example:"0"`
	Description  string     `json:"description" doc:"As the client gave it."`
	Created      string     `json:"created" format:"date-time" doc:"When it was opened." example:"2026-05-04T10:15:30.123Z"`
	Finished     *string    `json:"finished" format:"date-time" doc:"When it was done; null when it is not." example:"2026-05-04T10:15:31.456Z"`
	Steps        []stepItem `json:"steps,omitempty" nullable:"false" doc:"How far its steps have come, by kind; the computing of digests is left out. Lists of jobs leave it out."`
	ingest.JobCounts
}

func newJobItem(j *ingest.Job) jobItem {
	return jobItem{
		Number: int64(j.Number), UUID: string(j.UUID), Company: int64(j.Company), Name: j.Name, OriginalName: j.OriginalName,
		Door: string(j.Door), State: string(j.State), Open: j.Open, Progress: progress(j, 0), Pending: j.Pending,
		Description: j.Description, Created: stamp(j.Created), Finished: stampOrNil(j.Finished), JobCounts: j.Counts,
	}
}

// progress is how far a job has come, in percent. partial is what is done of the steps
// that are being carried out.
func progress(j *ingest.Job, partial float64) int {
	if j.State == ingest.JobDone {
		return 100
	}
	if j.Counts.Total <= 0 {
		return 0
	}
	pending := float64(max(j.Pending, 0))
	return int(min(99, 100*(float64(j.Counts.Total)+min(partial, pending))/(float64(j.Counts.Total)+pending)))
}

// jobsInput is the query of a job list.
type jobsInput struct {
	Company string `query:"company" maxLength:"300" doc:"Only jobs of this company, by its number, handle (c|1), name, slug or UUID."`
	Name    string `query:"name" maxLength:"300" doc:"Only jobs to which the client gave this name."`
	State   string `query:"state" enum:"New,Running,WaitingClient,Stopping,Done" doc:"Only jobs in this state."`
	Paging
}

func (s *server) listJobs(ctx context.Context, p ingest.Principal, in *jobsInput) (*pageOutput[jobItem], error) {
	f := ingest.JobFilter{OriginalName: in.Name, State: ingest.JobState(in.State), Newest: true}
	if in.Company != "" {
		c, err := s.findCompany(ctx, p, in.Company)
		if err != nil {
			return nil, err
		}
		f.Companies = []ingest.Number{c.Number}
	}
	list := source[*ingest.Job]{
		name:   "jobs",
		number: func(j *ingest.Job) ingest.Number { return j.Number },
		fetch: func(page ingest.Page) ([]*ingest.Job, error) {
			return s.Library.Jobs(ctx, p, f, page)
		},
	}
	found, next, err := list.read(in.Paging)
	if err != nil {
		return nil, err
	}
	out := &pageOutput[jobItem]{Body: page[jobItem]{Items: make([]jobItem, 0, len(found)), Next: next}}
	for _, j := range found {
		out.Body.Items = append(out.Body.Items, newJobItem(j))
	}
	return out, nil
}

// jobInput names one job.
type jobInput struct {
	UUID string `path:"uuid" doc:"UUID of the job."`
}

// stepItem is how far one kind of steps of a job has come.
type stepItem struct {
	Kind    string `json:"kind" doc:"What the steps do; inspect, picture, layers, pages, footage, unpack, sets, fetch and others." example:"inspect"`
	Queued  int    `json:"queued" doc:"Steps that wait." example:"0"`
	Running int    `json:"running" doc:"Steps that are being carried out." example:"1"`
	Ended   int    `json:"ended" doc:"Steps that are over, whatever came of them." example:"12"`
	Percent int    `json:"percent" minimum:"0" maximum:"100" doc:"How much of these steps is done, with what is done of those that are being carried out, as far as they tell." example:"92"`
}

func newStepItem(s ingest.StepProgress) stepItem {
	all := s.Queued + s.Running + s.Ended
	item := stepItem{Kind: string(s.Kind), Queued: s.Queued, Running: s.Running, Ended: s.Ended, Percent: 100}
	if s.Ended < all {
		item.Percent = int(min(99, 100*(float64(s.Ended)+s.Partial)/float64(all)))
	}
	return item
}

// jobOutput is what huma sends for one job.
type jobOutput struct {
	Body jobItem
}

func (s *server) showJob(ctx context.Context, p ingest.Principal, in *jobInput) (*jobOutput, error) {
	id, err := parseUUID("job", in.UUID)
	if err != nil {
		return nil, err
	}
	j, err := s.Library.Job(ctx, p, id)
	if err != nil {
		return nil, err
	}
	steps, err := s.Library.JobProgress(ctx, p, id)
	if err != nil {
		return nil, err
	}
	detail := newJobItem(j)
	detail.Progress = progress(j, steps.Partial)
	for _, step := range steps.Steps {
		if step.Queued+step.Running+step.Ended > 0 {
			detail.Steps = append(detail.Steps, newStepItem(step))
		}
	}
	return &jobOutput{Body: detail}, nil
}
