package ipsapi

import (
	"context"
	"fmt"
	"net"
	"strings"

	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
	"sluice/internal/wire/xmltree"
)

// dispatch carries out the operation of a request. The order of its checks is the
// contract's (tier 3, section 1): the first that fails is the answer.
func (s *Service) dispatch(x *exchange) ([]byte, error) {
	ctx := x.r.Context()
	x.op = s.operationNamed(x.message.param.Local, x.r.Header)
	if x.op == nil {
		return nil, malformed("unknown operation element " + clip(x.message.param.Local))
	}
	modernise(s.schema.Type(x.op.Name+"Param"), x.message.param)
	c := &call{
		op: x.op, address: s.Address(x.r), client: x.message.auth.AppName, host: documentBase(x.r),
		locale: scene7.LocaleOf(x.message.auth, x.r.Header),
	}
	if c.client == "" {
		c.client = clientHost(c.address)
	}
	c.namespace, _ = scene7.ParseNamespace(x.message.param.Space)
	c.level = max(c.namespace.Level(), x.op.Since)
	if err := s.login(ctx, x, c); err != nil {
		return nil, err
	}
	if err := s.enter(ctx, x.message.param, c); err != nil {
		return nil, err
	}
	if err := s.decode(x.message.param, c); err != nil {
		return nil, err
	}
	if err := s.readAs(ctx, c); err != nil {
		return nil, err
	}
	handle := s.handlers[x.op.Name]
	if handle == nil {
		return nil, refused(scene7.CodeException, "the operation '"+x.op.Name+"' is not implemented")
	}
	answer, err := handle(ctx, c)
	if err != nil {
		return nil, err
	}
	if answer == nil {
		answer = &scene7.Record{Type: x.op.Name + "Return"}
	}
	return s.schema.AppendXML(nil, x.op.Name+"Return", c.namespace.Answer(), c.fields.filter(answer), c.level), nil
}

// clientHost is what stands for a program that does not give its name.
func clientHost(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}

func (s *Service) login(ctx context.Context, x *exchange, c *call) error {
	user, password, err := scene7.Credentials(x.message.auth, x.r)
	if err != nil {
		return err
	}
	c.caller, err = s.Logins.Login(ctx, ingest.Credentials{Login: user, Password: password, Address: c.address})
	c.reader = c.caller
	return err
}

// enter checks company and role. The role is that in the company which the request
// names, or else the best one of the caller.
func (s *Service) enter(ctx context.Context, param *xmltree.Element, c *call) error {
	if !c.caller.Admin && len(c.caller.Memberships) == 0 {
		return &ingest.Error{Kind: ingest.Forbidden, Op: "ipsapi.enter", Code: ingest.CodeNoMembership, Msg: "the user belongs to no active company"}
	}
	if err := s.enterCompany(ctx, param, c); err != nil {
		return err
	}
	for _, role := range rolesOf(c.caller, c.company) {
		if c.op.Class.Allows(role) {
			return nil
		}
	}
	return &ingest.Error{Kind: ingest.Forbidden, Op: "ipsapi.enter", Code: ingest.CodeRole, Msg: "the role does not allow the operation"}
}

// enterCompany finds the company that the request names. An empty handle counts as
// absent where it is optional, and otherwise is the handle of no company. An absent
// one that is required is found out when the fields are read, after the role.
func (s *Service) enterCompany(ctx context.Context, param *xmltree.Element, c *call) (err error) {
	field := s.schema.Type(c.op.Name + "Param").Field("companyHandle")
	if field == nil {
		return nil
	}
	handle, given := scene7.TextOf(param, field.Name)
	handle = strings.TrimSpace(handle)
	if !given || handle == "" && field.Min == 0 {
		return nil
	}
	number, ok := scene7.ParseCompanyHandle(handle)
	if !ok {
		return refused(scene7.CodeInvalidCompany, fmt.Sprintf("no company has the handle %q", clip(handle)))
	}
	c.company, err = s.Engine.MemberCompany(ctx, c.caller, ingest.Number(number))
	return err
}

// decode reads the fields of the request: absent ones are reported before values
// that do not fit.
func (s *Service) decode(param *xmltree.Element, c *call) error {
	name := c.op.Name + "Param"
	if field := s.schema.Missing(param, name, c.namespace.Level()); field != "" {
		return missing(field)
	}
	in, warnings, err := s.schema.Decode(param, name, scene7.Mode{Level: c.namespace.Level(), EmptyAbsent: true})
	for _, w := range warnings {
		s.Log.Debug("request is incomplete", "operation", c.op.Name, "warning", w.String())
	}
	if err != nil {
		return err
	}
	c.in = in
	c.fields, err = chosenFields(in)
	return err
}

// readAs changes the reader to whom the request asks to look as.
func (s *Service) readAs(ctx context.Context, c *call) error {
	user, group := c.in.Text("accessUserHandle"), c.in.Text("accessGroupHandle")
	if c.company == nil || user == "" && group == "" {
		return nil
	}
	var userNumber, groupNumber ingest.Number
	if user != "" {
		n, _, ok := scene7.ParseUserHandle(user)
		if !ok {
			return refused(scene7.CodeNoImpersonationPermission, "no user has the handle "+clip(user))
		}
		userNumber = ingest.Number(n)
	}
	if group != "" {
		n, ok := scene7.ParseNumberHandle(scene7.PrefixGroup, group)
		if !ok {
			return refused(scene7.CodeIllegalAccessGroup, "no group has the handle "+clip(group))
		}
		groupNumber = ingest.Number(n)
	}
	var err error
	c.reader, err = s.Engine.ReaderFor(ctx, c.caller, c.company.Number, userNumber, groupNumber)
	return err
}

// faultOf is the fault of one item of a batch.
func (s *Service) faultOf(c *call, err error) scene7.Fault {
	return scene7.FaultOf(err, c.op.Name, "")
}
