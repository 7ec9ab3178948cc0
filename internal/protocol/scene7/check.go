package scene7

import (
	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// check reads the handles once caller and parameters are known and, before a body
// of some size, asks the engine whether it will take the delivery, so that a
// refused body is not stored. The engine decides again when it takes it. The
// paths of the parameters are checked too, whether or not a file comes.
func (u *upload) check() {
	u.checked = true
	number, ok := ParseCompanyHandle(u.params.CompanyHandle)
	if !ok {
		u.fail(&RequestError{Code: CodeInvalidCompany, Path: "companyHandle", Value: u.params.CompanyHandle, Msg: "is not the handle of a company"})
		return
	}
	u.company = ingest.Number(number)
	if u.params.JobHandle != "" {
		handle, ok := ParseJobHandle(u.params.JobHandle)
		if !ok {
			u.fail(u.denialOr(&RequestError{Code: CodeInvalidParameter, Path: "jobHandle", Value: u.params.JobHandle, Msg: "is not the handle of a job"}))
			return
		}
		u.join = &engine.JobRef{Number: ingest.Number(handle.ID), Name: handle.Active, OriginalName: handle.Submitted}
	}
	small := u.r.ContentLength >= 0 && u.r.ContentLength <= smallBody
	if !small || u.join != nil && u.join.Number == 0 {
		if err := u.denial(); err != nil {
			u.fail(err)
			return
		}
	}
	u.enterJob()
	if err := u.checkPaths(); err != nil {
		u.fail(u.denialOr(err))
	}
}

// denial is what the engine has against caller, company and job, or nil. A job
// that was named without its number has it then.
func (u *upload) denial() error {
	if u.join == nil {
		_, err := u.door.Engine.CheckUpload(u.r.Context(), u.principal, u.company)
		return err
	}
	job, err := u.door.Engine.CheckJob(u.r.Context(), u.principal, u.company, *u.join, u.door.Address(u.r))
	if err == nil {
		u.join.Number = job.Number
	}
	return err
}

// enterJob keeps the joined job from being closed as idle until leaveJob, which
// is at the end of the request.
func (u *upload) enterJob() {
	if u.join != nil {
		u.letGo = u.door.Engine.HoldJob(u.principal, u.join.Number)
	}
}

func (u *upload) leaveJob() {
	if u.letGo != nil {
		u.letGo()
	}
}

// denialOr is the denial if there is one, else err: that a caller may not upload
// goes before what is wrong with the names.
func (u *upload) denialOr(err error) error {
	if denied := u.denial(); denied != nil {
		return denied
	}
	return err
}

// checkPaths refuses what no company can take as destFolder and fileName. That the
// first folder may be the company's own makes no difference here.
func (u *upload) checkPaths() error {
	if _, err := engine.FolderPath("", u.params.DestFolder); err != nil {
		return inParameter("destFolder", err)
	}
	if u.params.FileName == "" {
		return nil
	}
	_, err := engine.PlaceOf("", u.params.DestFolder, u.params.FileName)
	return inParameter("fileName", err)
}

// inParameter puts the name of the element before what is wrong with it.
func inParameter(name string, err error) error {
	if err == nil {
		return nil
	}
	return &RequestError{Code: codeOf(ingest.KindOf(err), ingest.CodeOf(err)), Path: name, Msg: ingest.Message(err), Err: err}
}
