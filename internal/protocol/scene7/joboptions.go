package scene7

import "sluice/internal/engine"

// CheckOptions holds the options of a job of any kind that processes files against
// what its field tables cannot say. path is where the options stand in the request.
func CheckOptions(options *Record, path string) error { return checkUploadOptions(options, path) }

// ProfilesOf returns the assets that a conversion between colour profiles needs.
func ProfilesOf(options *Record) []engine.ProfileRef {
	return (&UploadPost{Options: options}).Profiles()
}

// UploadPostFrom reads an uploadPostParam that has been decoded. The options of a
// request that joins a job are dropped: those of the job apply.
func UploadPostFrom(r *Record) (*UploadPost, error) {
	post := uploadPost(r)
	if post.JobHandle != "" {
		post.Options = nil
	}
	return post, post.check(typeUploadPost)
}

// IsLocale reports whether a text has the shape of a locale, such as en or en-US.
func IsLocale(s string) bool { return isLocale(s) }
