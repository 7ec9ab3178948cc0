package softphone

import (
	"bytes"
)

// Templates of the account document (section 12). Variables between percent signs are
// the app's. The file is the last part, so that credentials arrive before the bytes;
// secrets stand in bodies and not in addresses.
const (
	templateUpload    = "from=%account[username]%&password=%account[password]%&to=%sms_to%&description=%description%&media_size=%media_size%&content_type=%content_type%&file=%media_content%"
	templatePrecheck  = "from=%account[username]%&password=%account[password]%&to=%sms_to%&media_size=%media_size%&content_type=%content_type%"
	templateReference = "from=%account[username]%&password=%account[password]%&to=%sms_to%&description=%description%&media_url=%media_url%&media_content_type=%media_content_type%" +
		"&preview_content_type=%preview_content_type%&preview_width=%preview_width%&preview_height=%preview_height%&preview_content=%preview_content%"
	templateSend  = `{"from":"%account[username]%","password":"%account[password]%","to":"%sms_to%","body":"%sms_body%","content_type":"%content_type%","disposition_notification":"%disposition_notification%"}`
	templateFetch = `{"username":"%account[username]%","password":"%account[password]%","last_id":"%last_known_sms_id%","last_sent_id":"%last_known_sent_sms_id%","device":"%installid%"}`
	customHeaders = "Accept:application/json\nX-Client:softphone"
)

// account answers with the document that points an app at this server. The password in
// it is the one that the caller has just shown.
func (c *call) account() (answer, error) {
	_, password, _, err := c.values.credentials()
	if err != nil {
		return answer{}, err
	}
	keys := []node{text("username", c.caller.Login), text("password", password)}
	if c.rules.host != "" {
		keys = append(keys, text("host", c.rules.host))
	}
	keys = append(append(keys, text("allowMessage", "1")), c.serviceKeys()...)
	transfer, err := c.transferBase()
	if err != nil {
		return answer{}, err
	}
	if transfer != "" {
		keys = append(keys, text("mmmsgUrl", transfer))
	}
	if c.format() == asJSON {
		return answer{members: keys}, nil
	}
	var made bytes.Buffer
	_, _ = asXML.write(&made, "account", keys) // to memory never fails
	// Line ends between custom headers must survive readers that fold white space.
	body := bytes.ReplaceAll(made.Bytes(), []byte("\n"), []byte("&#10;"))
	return answer{raw: append([]byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"), body...), rawType: "application/xml"}, nil
}

// serviceKeys configures every service. Two spellings of the keys for sending messages
// are in the field.
func (c *call) serviceKeys() []node {
	base := c.door.Base(c.r) + "/" + c.company.Slug + "/" + softphoneElement + "/"
	return []node{
		text("genericMediaUploadUrl", base+"upload_media"),
		text("genericMediaUploadMethod", "post"),
		text("genericMediaUploadMultipartData", templateUpload),
		text("genericMediaUploadCustomHeaders", customHeaders),
		text("genericMediaUploadPrecheckUrl", base+"upload_media_precheck"),
		text("genericMediaUploadPrecheckMethod", "post"),
		text("genericMediaUploadPrecheckPostData", templatePrecheck),
		text("genericMediaRefSendUrl", base+"send_media_ref"),
		text("genericMediaRefSendMethod", "post"),
		text("genericMediaRefSendPostData", templateReference),
		text("genericSmsSendUrl", base+"send_message"),
		text("genericSmsPostData", templateSend),
		text("genericSmsSendPostData", templateSend),
		text("genericSmsContentType", "application/json"),
		text("genericSmsSendContentType", "application/json"),
		text("genericSmsFetchUrl", base+"fetch_messages"),
		text("genericSmsFetchPostData", templateFetch),
		text("genericSmsFetchContentType", "application/json"),
	}
}
