// Shows the OpenAPI document beside this page. Text of the document reaches the
// page as text only, never as markup.
"use strict";

const methods = ["get", "put", "post", "delete", "patch"];

// element makes an element; children are nodes or strings.
function element(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) e.setAttribute(key, value);
  e.append(...children.filter((c) => c !== undefined && c !== null && c !== ""));
  return e;
}

const refName = (ref) => ref.split("/").pop();

// typeOf renders a schema's type, with links to the schemas that it names.
function typeOf(schema) {
  const out = document.createDocumentFragment();
  if (!schema) return out;
  if (schema.$ref) {
    out.append(element("a", { href: "#schema-" + refName(schema.$ref) }, refName(schema.$ref)));
    return out;
  }
  const several = schema.oneOf || schema.anyOf;
  if (several) {
    several.forEach((s, i) => out.append(i ? " or " : "", typeOf(s)));
    return out;
  }
  const types = [].concat(schema.type || "any");
  types.forEach((t, i) => {
    if (i) out.append(" or ");
    if (t !== "array") return out.append(t + (i === 0 && schema.format ? " (" + schema.format + ")" : ""));
    out.append("list of ", typeOf(schema.items));
  });
  if (schema.additionalProperties && schema.additionalProperties.type) out.append(" of ", typeOf(schema.additionalProperties));
  return out;
}

// limitsOf says in words what a schema demands of its values.
function limitsOf(schema) {
  const words = [];
  if (schema.enum) words.push("one of " + schema.enum.join(", "));
  if (schema.minimum !== undefined) words.push("at least " + schema.minimum);
  if (schema.maximum !== undefined) words.push("at most " + schema.maximum);
  if (schema.maxLength !== undefined) words.push("at most " + schema.maxLength + " characters");
  if (schema.maxItems !== undefined) words.push("at most " + schema.maxItems + " of them");
  if (schema.default !== undefined) words.push("default " + schema.default);
  return words.length ? element("div", { class: "faint" }, words.join("; ")) : "";
}

function table(head, rows) {
  const body = rows.map((cells) => element("tr", {}, ...cells.map((c) => element("td", {}, c))));
  return element("div", { class: "table" }, element("table", {},
    element("thead", {}, element("tr", {}, ...head.map((h) => element("th", { scope: "col" }, h)))),
    element("tbody", {}, ...body)));
}

// sample makes an example value of a schema.
function sample(doc, schema, depth) {
  if (!schema || depth > 6) return null;
  if (schema.examples && schema.examples.length) return schema.examples[0];
  if (schema.$ref) return sample(doc, doc.components.schemas[refName(schema.$ref)], depth + 1);
  if (schema.oneOf) return sample(doc, schema.oneOf[0], depth + 1);
  if (schema.enum) return schema.enum[0];
  const type = [].concat(schema.type)[0];
  if (type === "object") {
    const out = {};
    for (const [name, s] of Object.entries(schema.properties || {})) out[name] = sample(doc, s, depth + 1);
    return out;
  }
  if (type === "array") return [].concat(schema.items ? [sample(doc, schema.items, depth + 1)] : []);
  if (type === "integer" || type === "number") return schema.minimum || 0;
  if (type === "boolean") return false;
  if (schema.format === "uuid") return "0190a6a0-7c4e-7b1f-9a55-0d3a54e6c001";
  if (schema.format === "date-time") return "2026-05-04T10:15:30.123Z";
  return "";
}

function schemaSection(doc, name, schema) {
  const required = new Set(schema.required || []);
  const rows = Object.entries(schema.properties || {}).map(([field, s]) => [
    element("code", {}, field), typeOf(s),
    element("div", {}, s.description || "", required.has(field) ? "" : element("div", { class: "faint" }, "may be absent"), limitsOf(s)),
  ]);
  return element("section", { id: "schema-" + name }, element("h3", {}, name), table(["Field", "Type", "Meaning"], rows),
    element("details", {}, element("summary", {}, "Example"), element("pre", {}, JSON.stringify(sample(doc, schema, 0), null, 2))));
}

function parameters(list) {
  const rows = list.map((p) => [
    element("code", {}, p.name), p.in, typeOf(p.schema),
    element("div", {}, p.description || "", p.required ? element("div", { class: "faint" }, "required") : "", limitsOf(p.schema || {})),
  ]);
  return [element("h4", {}, "Parameters"), table(["Name", "In", "Type", "Meaning"], rows)];
}

function responses(doc, list) {
  const rows = Object.keys(list).sort().map((status) => {
    const content = Object.entries(list[status].content || {});
    const shape = document.createDocumentFragment();
    content.forEach(([type, media]) => shape.append(element("code", {}, type), " ", typeOf(media.schema)));
    return [element("code", {}, status), list[status].description || "", shape];
  });
  const out = [element("h4", {}, "Answers"), table(["Status", "Meaning", "Body"], rows)];
  for (const [type, media] of Object.entries((list["200"] || {}).content || {})) {
    if (!type.includes("json")) continue;
    out.push(element("details", {}, element("summary", {}, "Example"), element("pre", {}, JSON.stringify(sample(doc, media.schema, 0), null, 2))));
  }
  return out;
}

// shellQuote makes a string one word of a shell.
const shellQuote = (s) => "'" + s.replaceAll("'", "'\\''") + "'";

function operationSection(doc, method, path, op) {
  const open = (op.security || []).some((s) => Object.keys(s).length === 0);
  const address = location.origin + path;
  const curl = "curl " + (open ? "" : "-u LOGIN:PASSWORD ") + shellQuote(address);
  return element("section", { id: op.operationId },
    element("h3", {}, op.summary || op.operationId),
    element("div", { class: "call" }, element("span", { class: "method" }, method.toUpperCase()), element("code", {}, path)),
    element("p", {}, op.description || "", open ? " No login is needed." : ""),
    element("pre", {}, curl),
    ...(op.parameters && op.parameters.length ? parameters(op.parameters) : []),
    ...responses(doc, op.responses || {}));
}

function operations(doc) {
  const found = [];
  for (const [path, item] of Object.entries(doc.paths)) {
    for (const method of methods) if (item[method]) found.push([method, path, item[method]]);
  }
  return found;
}

function render(doc) {
  const page = document.getElementById("page"), contents = document.getElementById("contents");
  page.append(element("h1", {}, doc.info.title + " API ", element("span", { class: "faint" }, doc.info.version)),
    element("p", {}, doc.info.description || ""), element("p", {}, element("a", { href: "openapi.json" }, "openapi.json")));
  const logins = Object.values(doc.components.securitySchemes || {}).map((s) => [s.type === "http" ? "Authorization: " + s.scheme : s.name, s.description || ""]);
  page.append(element("h2", {}, "Logging in"), table(["Header", "Meaning"], logins));
  const all = operations(doc);
  for (const tag of doc.tags || []) {
    contents.append(element("h2", {}, tag.name));
    page.append(element("h2", {}, tag.name), element("p", {}, tag.description || ""));
    for (const [method, path, op] of all.filter(([, , o]) => (o.tags || []).includes(tag.name))) {
      contents.append(element("a", { href: "#" + op.operationId }, op.summary));
      page.append(operationSection(doc, method, path, op));
    }
  }
  contents.append(element("h2", {}, "Schemas"));
  page.append(element("h2", {}, "Schemas"));
  for (const name of Object.keys(doc.components.schemas).sort()) {
    contents.append(element("a", { href: "#schema-" + name }, name));
    page.append(schemaSection(doc, name, doc.components.schemas[name]));
  }
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

fetch("openapi.json")
  .then((answer) => {
    if (!answer.ok) throw new Error("openapi.json: status " + answer.status);
    return answer.json();
  })
  .then(render)
  .catch((failure) => document.getElementById("page").append(element("p", { role: "alert" }, "The description could not be shown. " + failure.message)));
