package brightsign

// The types of the contract (section 4) as data: reading does not need their order,
// writing and the WSDL follow from it. Members are in the order in which a .NET client
// wants them.

// member is one element of a type.
type member struct {
	name     string
	kind     string // xs type, or one of these types; "[]" before it means a list of them
	required bool
}

// dataType is a type with members, or with words when it is an enumeration.
type dataType struct {
	name    string
	base    string
	members []member
	words   []string
}

// list returns the type of a list of items.
func list(item string) dataType {
	return dataType{name: "ArrayOf" + item, members: []member{{name: item, kind: "[]" + item}}}
}

// dataTypes lists the types in the order of the WSDL.
func dataTypes() []dataType {
	return []dataType{
		{name: "ContentType", words: []string{typeAuto, typeImage, typeVideo, typeAudio, typeWebPage}},
		{name: "UploadState", words: []string{"Unknown", stateQueued, stateStarted, stateUploading, "Stopped", stateUploaded, stateVerified, stateCancelled, stateCorrupted, "Collected", stateTerminated, stateCompleted}},
		{name: "ContentUploadArguments", members: []member{
			{name: "ChunksCount", kind: "xs:int"}, {name: "ContentType", kind: "ContentType"}, {name: "FileLastModifiedDate", kind: "xs:dateTime"},
			{name: "FileName", kind: "xs:string"}, {name: "FileSize", kind: "xs:long"}, {name: "FileThumb", kind: "xs:base64Binary"},
			{name: "SHA1Hash", kind: "xs:string"}, {name: "SessionToken", kind: "xs:string"}, {name: "UploadToken", kind: "xs:string"}, {name: "VirtualPath", kind: "xs:string"},
		}},
		{name: "ContentUpdateArguments", base: "ContentUploadArguments", members: []member{{name: "ContentId", kind: "xs:int", required: true}}},
		{name: "WebPageAssetUploadArguments", base: "ContentUploadArguments", members: []member{{name: "RelativePath", kind: "xs:string"}, {name: "WebPageAssetId", kind: "xs:int"}}},
		list("WebPageAssetUploadArguments"),
		{name: "WebPageUploadArguments", base: "ContentUploadArguments", members: []member{{name: "Assets", kind: "ArrayOfWebPageAssetUploadArguments"}, {name: "Name", kind: "xs:string"}}},
		{name: "WebPageUpdateArguments", base: "WebPageUploadArguments", members: []member{{name: "WebPageId", kind: "xs:int", required: true}}},
		{name: "ContentUploadStatus", members: []member{
			{name: "ChunksTotal", kind: "xs:int"}, {name: "ContentId", kind: "xs:int"}, {name: "EndTime", kind: "xs:dateTime"}, {name: "FileName", kind: "xs:string"},
			{name: "FileSize", kind: "xs:long", required: true}, {name: "LastActivityTime", kind: "xs:dateTime"}, {name: "SHA1Hash", kind: "xs:string"},
			{name: "SessionToken", kind: "xs:string"}, {name: "StartTime", kind: "xs:dateTime"}, {name: "State", kind: "UploadState", required: true}, {name: "UploadToken", kind: "xs:string"},
		}},
		list("ContentUploadStatus"),
		{name: "ContentInfo", members: []member{
			{name: "FileName", kind: "xs:string"}, {name: "FileSize", kind: "xs:long", required: true}, {name: "Id", kind: "xs:int", required: true}, {name: "SHA1Hash", kind: "xs:string"},
			{name: "Type", kind: "ContentType", required: true}, {name: "UploadDate", kind: "xs:dateTime", required: true}, {name: "VirtualPath", kind: "xs:string"},
		}},
		list("ContentInfo"),
		{name: "ContentNegotiationStatus", base: "ContentUploadStatus", members: []member{{name: "MatchingFiles", kind: "ArrayOfContentInfo"}}},
		{name: "WebPageUploadStatus", base: "ContentUploadStatus", members: []member{{name: "Assets", kind: "ArrayOfContentUploadStatus"}, {name: "Name", kind: "xs:string"}}},
		{name: "FileUploadFault", members: []member{{name: "Message", kind: "xs:string"}}},
	}
}

// parameter is a child of an operation's wrapper.
type parameter struct {
	name     string
	kind     string
	nillable bool
}

// operation is one of the service.
type operation struct {
	name       string
	parameters []parameter
	result     string // type
}

// operations lists the operations in the order of the original's port type (1.1).
func operations() []operation {
	args := func(kind string) []parameter { return []parameter{{"args", kind, true}} }
	return []operation{
		{opStartPage, args("WebPageUploadArguments"), "WebPageUploadStatus"},
		{opStartFile, args("ContentUploadArguments"), "ContentUploadStatus"},
		{opAppend, []parameter{
			{"sessionToken", "xs:string", true}, {"uploadToken", "xs:string", true}, {"partNumber", "xs:int", false},
			{"data", "xs:base64Binary", true}, {"offset", "xs:long", false},
		}, "xs:boolean"},
		{opComplete, args("ContentUploadArguments"), "ContentUploadStatus"},
		{opCancel, []parameter{{"uploadToken", "xs:string", true}}, "ContentUploadStatus"},
		{opCompletePage, args("WebPageUploadArguments"), "WebPageUploadStatus"},
		{opFileStatus, []parameter{{"uploadToken", "xs:string", true}}, "ContentUploadStatus"},
		{opPageStatus, []parameter{{"sessionToken", "xs:string", true}}, "WebPageUploadStatus"},
	}
}

// Names of the operations.
const (
	opStartPage    = "StartWebPageUploadSession"
	opStartFile    = "StartFileUpload"
	opAppend       = "AppendChunk"
	opComplete     = "CompleteFileUpload"
	opCancel       = "CancelFileUpload"
	opCompletePage = "CompleteWebPageUploadSession"
	opFileStatus   = "GetFileUploadStatus"
	opPageStatus   = "GetWebPageUploadStatus"
)

// membersOf returns the members of a type, those of its base first.
func membersOf(name string) []member {
	for _, t := range dataTypes() {
		if t.name != name {
			continue
		}
		if t.base == "" {
			return t.members
		}
		return append(membersOf(t.base), t.members...)
	}
	return nil
}
