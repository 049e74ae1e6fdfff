// The calls of attio-ts-sdk against a served sandbox. The SDK checks every request and every
// answer against its own schemas, so a step that passes has the shapes that its authors expect.
// Reads ATTIO_BASE_URL and ATTIO_API_KEY; prints one JSON line a step: {"step", "error"}.
import * as attio from "attio-ts-sdk";

const apiKey = process.env.ATTIO_API_KEY;
const baseUrl = process.env.ATTIO_BASE_URL;

// The one change to an answer: Attio sends null for the currency of an attribute that has none
// (its specification has it "nullable"), and the schemas generated for the SDK lost that. All else
// is checked by the SDK as it comes.
async function lenientFetch(...request) {
  const response = await fetch(...request);
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  if (!isJson || !response.ok) return response;
  made.answer = await response.clone().json(); // as it came
  const body = JSON.parse(await response.text(), (key, found) =>
    key === "currency" && found && found.default_currency_code === null
      ? { default_currency_code: "USD", display_type: "code" }
      : found,
  );
  return new Response(JSON.stringify(body), { status: response.status, headers: response.headers });
}

const made = {};
const settings = { apiKey, baseUrl, fetch: lenientFetch, retry: { maxRetries: 0 } };
const client = attio.createAttioClient({
  ...settings,
  responseStyle: "data",
  throwOnError: true,
  cache: { enabled: false },
});
const sdk = attio.createAttioSdk({ client });
const { value, filters } = attio;

let failed = 0;

async function step(name, action) {
  let error = null;
  try {
    await action();
  } catch (caught) {
    failed += 1;
    const detail = caught?.cause ? ` | ${caught.cause?.message ?? caught.cause}` : "";
    const issues = caught?.issues ? ` | ${JSON.stringify(caught.issues)}` : "";
    error = `${caught?.name ?? "Error"}: ${caught?.message ?? JSON.stringify(caught)}${detail}${issues}`;
  }
  console.log(JSON.stringify({ step: name, error }));
}

function equal(actual, expected, what) {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${what}: ${left} instead of ${right}`);
}

async function refused(action, status, code) {
  let caught = null;
  try {
    await action();
  } catch (error) {
    caught = error;
  }
  if (caught === null) throw new Error("it was not refused");
  const found = attio.getAttioErrorStatus(caught) ?? caught.status_code ?? caught.status;
  equal(found, status, "status");
  if (code) equal(attio.getAttioErrorCode(caught) ?? caught.code, code, "code");
}

const data = (answer) => answer?.data ?? answer;

// An open comment has `"resolved_by": null`: that was recorded of Attio, whose specification has an
// object of nulls there, and with it the SDK. Nothing is rewritten for it: what the SDK rejects has
// to be this and nothing else, and what came counts.
async function openComments(action) {
  try {
    await action();
  } catch (error) {
    const paths = JSON.parse(error.message).map((issue) => issue.path);
    if (paths.length && paths.every((path) => path.at(-1) === "resolved_by")) return made.answer.data;
    throw error;
  }
  throw new Error("the SDK takes a null resolved_by now: call it as any other");
}

// -- who and what ---------------------------------------------------------------------------------

await step("self", async () => {
  const self = await attio.getV2Self({ client });
  equal(self.active, true, "active");
});
await step("members", async () => {
  const members = data(await attio.getV2WorkspaceMembers({ client }));
  made.member = members[0].id.workspace_member_id;
  const one = data(
    await attio.getV2WorkspaceMembersByWorkspaceMemberId({
      client,
      path: { workspace_member_id: made.member },
    }),
  );
  equal(one.email_address, members[0].email_address, "e-mail");
});
await step("objects", async () => {
  const slugs = data(await attio.getV2Objects({ client })).map((each) => each.api_slug);
  for (const slug of ["people", "companies", "deals"]) {
    if (!slugs.includes(slug)) throw new Error(`no ${slug}`);
  }
  const people = data(await attio.getV2ObjectsByObject({ client, path: { object: "people" } }));
  equal(people.plural_noun, "People", "plural noun");
});
await step("create and update an object", async () => {
  const body = { data: { api_slug: "projects", singular_noun: "Project", plural_noun: "Projects" } };
  await attio.postV2Objects({ client, body });
  await refused(() => attio.postV2Objects({ client, body }), 409, "slug_conflict");
  const changed = data(
    await attio.patchV2ObjectsByObject({
      client,
      path: { object: "projects" },
      body: { data: { plural_noun: "Client projects" } },
    }),
  );
  equal(changed.plural_noun, "Client projects", "plural noun");
});

// -- attributes -----------------------------------------------------------------------------------

const attribute = (api_slug, type, more = {}) => ({
  data: {
    title: api_slug,
    description: null,
    api_slug,
    type,
    is_required: false,
    is_unique: false,
    is_multiselect: false,
    config: {},
    ...more,
  },
});
const projects = { target: "objects", identifier: "projects" };

await step("create attributes of each type", async () => {
  const plain = ["text", "number", "checkbox", "date", "timestamp", "rating", "location"];
  for (const type of plain) {
    await attio.postV2ByTargetByIdentifierAttributes({
      client,
      path: projects,
      body: attribute(`a_${type}`, type),
    });
  }
  const rich = [
    ["code", "text", { is_unique: true }],
    ["budget", "currency", { config: { currency: { default_currency_code: "EUR", display_type: "symbol" } } }],
    ["kind", "select", {}],
    ["tags", "select", { is_multiselect: true }],
    ["stage", "status", {}],
    ["owner", "actor-reference", {}],
    ["accounts", "record-reference", {
      is_multiselect: true,
      config: { record_reference: { allowed_objects: ["companies"] } },
      relationship: { object: "companies", title: "Projects", api_slug: "projects", is_multiselect: true },
    }],
  ];
  for (const [slug, type, more] of rich) {
    await attio.postV2ByTargetByIdentifierAttributes({
      client,
      path: projects,
      body: attribute(slug, type, more),
    });
  }
});
await step("list, get and change attributes", async () => {
  for (const identifier of ["people", "companies", "deals", "users", "workspaces", "projects"]) {
    const path = { target: "objects", identifier };
    const found = data(await attio.getV2ByTargetByIdentifierAttributes({ client, path }));
    if (found.length < 5) throw new Error(`${identifier} has ${found.length} attributes`);
  }
  const path = { ...projects, attribute: "a_text" };
  const one = data(await attio.getV2ByTargetByIdentifierAttributesByAttribute({ client, path }));
  equal(one.type, "text", "type");
  const changed = data(
    await attio.patchV2ByTargetByIdentifierAttributesByAttribute({
      client,
      path,
      body: { data: { title: "Text", description: "Words" } },
    }),
  );
  equal([changed.title, changed.description], ["Text", "Words"], "title and description");
});
await step("select options", async () => {
  for (const slug of ["kind", "tags"]) {
    const path = { ...projects, attribute: slug };
    for (const title of ["High", "Low"]) {
      await attio.postV2ByTargetByIdentifierAttributesByAttributeOptions({
        client,
        path,
        body: { data: { title } },
      });
    }
    const found = data(
      await attio.getV2ByTargetByIdentifierAttributesByAttributeOptions({ client, path }),
    );
    equal(found.map((each) => each.title), ["High", "Low"], "titles");
  }
  const changed = data(
    await attio.patchV2ByTargetByIdentifierAttributesByAttributeOptionsByOption({
      client,
      path: { ...projects, attribute: "kind", option: "Low" },
      body: { data: { title: "Small" } },
    }),
  );
  equal(changed.title, "Small", "title");
});
await step("statuses", async () => {
  const path = { ...projects, attribute: "stage" };
  await attio.postV2ByTargetByIdentifierAttributesByAttributeStatuses({
    client,
    path,
    body: { data: { title: "Open", celebration_enabled: false, target_time_in_status: "P7D" } },
  });
  await attio.patchV2ByTargetByIdentifierAttributesByAttributeStatusesByStatus({
    client,
    path: { ...path, status: "Open" },
    body: { data: { title: "Live", celebration_enabled: true } },
  });
  const found = data(
    await attio.getV2ByTargetByIdentifierAttributesByAttributeStatuses({ client, path }),
  );
  equal([found[0].title, found[0].celebration_enabled], ["Live", true], "status");
});
await step("metadata helpers", async () => {
  const fresh = attio.createAttioSdk(settings);
  const path = { target: "objects", identifier: "companies" };
  if ((await fresh.metadata.listAttributes(path)).length < 10) throw new Error("too few");
  await fresh.metadata.getAttributeOptions({ ...path, attribute: "categories" });
  const stages = await fresh.metadata.getAttributeStatuses({
    target: "objects",
    identifier: "deals",
    attribute: "stage",
  });
  equal(stages.map((each) => each.title), ["Lead", "In Progress", "Won 🎉", "Lost"], "stages");
  await fresh.metadata.schema(path);
});

// -- records --------------------------------------------------------------------------------------

await step("create a company with value helpers", async () => {
  const company = await sdk.records.create({
    object: "companies",
    values: {
      name: value.string("Acme Corp"),
      domains: value.domain("acme.example.com"),
      description: value.text("Anvils"),
      primary_location: value.location({ locality: "San Francisco", countryCode: "US" }),
    },
  });
  made.company = company.id.record_id;
  equal(attio.getFirstText(company, "name"), "Acme Corp", "name");
  equal(attio.getFirstDomain(company, "domains"), "acme.example.com", "domain");
});
await step("create a person", async () => {
  const person = await sdk.records.create({
    object: "people",
    values: {
      name: value.personalName({ first_name: "Ada", last_name: "Lovelace", full_name: "Ada Lovelace" }),
      email_addresses: value.email("Ada@Acme.example.com"),
      phone_numbers: value.phone("+14155550123"),
      company: value.recordReference({ targetObject: "companies", targetRecordId: made.company }),
    },
  });
  made.person = person.id.record_id;
  equal(attio.getFirstEmail(person, "email_addresses"), "ada@acme.example.com", "e-mail");
  equal(attio.getFirstFullName(person, "name"), "Ada Lovelace", "name");
  equal(attio.getRecordReferenceIds(person, "company"), [made.company], "company");
});
await step("a duplicate is refused", async () => {
  const values = { domains: value.domain("acme.example.com") };
  await refused(
    () => sdk.records.create({ object: "companies", values }),
    400,
    "uniqueness_conflict",
  );
});
await step("every value type, written and read", async () => {
  const record = data(
    await attio.postV2ObjectsByObjectRecords({
      client,
      path: { object: "projects" },
      body: {
        data: {
          values: {
            code: ["P-1"],
            a_text: [{ value: "words" }],
            a_number: [14.5],
            a_checkbox: [true],
            a_date: ["2026-03-01"],
            a_timestamp: ["2026-03-01T10:00:00Z"],
            a_rating: [3],
            budget: [{ currency_value: 1250.5 }],
            kind: [{ option: "High" }],
            tags: ["High", "Low"],
            stage: [{ status: "Live" }],
            owner: [{ referenced_actor_type: "workspace-member", referenced_actor_id: made.member }],
            accounts: [{ target_object: "companies", target_record_id: made.company }],
          },
        },
      },
    }),
  );
  made.project = record.id.record_id;
  const got = data(
    await attio.getV2ObjectsByObjectRecordsByRecordId({
      client,
      path: { object: "projects", record_id: made.project },
    }),
  );
  equal(got.values.a_number[0].value, 14.5, "number");
  equal(got.values.budget[0].currency_value, 1250.5, "currency");
  equal(got.values.budget[0].currency_code, "EUR", "currency code");
  equal(got.values.tags.map((each) => each.option.title), ["High", "Low"], "tags");
});
await step("an amount with its currency", async () => {
  const priced = (code) =>
    sdk.records.create({ object: "projects", values: { budget: value.currency(50000, code) } });
  const [budget] = (await priced("EUR")).values.budget;
  equal([budget.currency_value, budget.currency_code], [50000, "EUR"], "budget");
  await refused(() => priced("USD"), 400, "validation_type");
});
await step("assert, update, overwrite", async () => {
  const path = { object: "projects" };
  const upserted = data(
    await attio.putV2ObjectsByObjectRecords({
      client,
      path,
      query: { matching_attribute: "code" },
      body: { data: { values: { code: ["P-1"], a_text: ["other"] } } },
    }),
  );
  equal(upserted.id.record_id, made.project, "the asserted record");
  const one = { ...path, record_id: made.project };
  const patched = data(
    await attio.patchV2ObjectsByObjectRecordsByRecordId({
      client,
      path: one,
      body: { data: { values: { tags: ["High"], a_rating: [5] } } },
    }),
  );
  equal(patched.values.tags.length, 2, "tags after PATCH");
  const put = data(
    await attio.putV2ObjectsByObjectRecordsByRecordId({
      client,
      path: one,
      body: { data: { values: { tags: ["Low"] } } },
    }),
  );
  equal(put.values.tags.map((each) => each.option.title), ["Low"], "tags after PUT");
});
await step("upsert and update by helpers", async () => {
  const company = await sdk.records.upsert({
    object: "companies",
    matchingAttribute: "domains",
    values: { domains: value.domain("acme.example.com"), description: value.text("Updated") },
  });
  equal(company.id.record_id, made.company, "the company");
  const updated = await sdk.records.update({
    object: "companies",
    recordId: made.company,
    values: { name: value.string("Acme") },
  });
  equal(attio.getFirstText(updated, "name"), "Acme", "name");
});
await step("values with history", async () => {
  const found = data(
    await attio.getV2ObjectsByObjectRecordsByRecordIdAttributesByAttributeValues({
      client,
      path: { object: "projects", record_id: made.project, attribute: "a_rating" },
      query: { show_historic: true },
    }),
  );
  equal(found.map((each) => each.value), [3, 5], "ratings");
});
await step("filters, sorts and paging", async () => {
  for (let number = 0; number < 7; number += 1) {
    await sdk.records.create({
      object: "companies",
      values: { name: value.string(`Page ${number}`), domains: value.domain(`p${number}.example`) },
    });
  }
  const all = await sdk.records.query({
    object: "companies",
    filter: filters.contains("name", "page"),
    sorts: [{ attribute: "name", direction: "desc" }],
    paginate: true,
    limit: 3,
  });
  equal(all.map((each) => attio.getFirstText(each, "name")[5]), [..."6543210"], "names");
  const both = filters.and(filters.contains("name", "Page"), filters.eq("name", "Page 3"));
  equal((await sdk.records.query({ object: "companies", filter: both })).length, 1, "both");
  const some = filters.or(filters.eq("name", "Page 1"), filters.eq("name", "Page 2"));
  equal((await sdk.records.query({ object: "companies", filter: some })).length, 2, "either");
  const not = filters.and(filters.contains("name", "Page"), filters.not(filters.eq("name", "Page 1")));
  equal((await sdk.records.query({ object: "companies", filter: not })).length, 6, "not");
  const range = filters.between("a_number", 14, 15);
  equal((await sdk.records.query({ object: "projects", filter: range })).length, 1, "between");
  const path = filters.path([["people", "company"], ["companies", "name"]], { value: "Acme" });
  equal((await sdk.records.query({ object: "people", filter: path })).length, 1, "path");
});
await step("offset paging helper", async () => {
  const found = await attio.paginateOffset(
    async (offset, limit) =>
      attio.postV2ObjectsByObjectRecordsQuery({
        client,
        path: { object: "companies" },
        body: { offset, limit, sorts: [{ attribute: "created_at", direction: "asc" }] },
      }),
    { limit: 3 },
  );
  equal(new Set(found.map((each) => each.id.record_id)).size, 8, "companies");
});
await step("many records by id", async () => {
  const ids = (await sdk.records.query({ object: "companies" })).map((each) => each.id.record_id);
  const found = await sdk.records.getMany({ object: "companies", recordIds: ids, preserveOrder: true });
  equal(found.length, ids.length, "records");
});
await step("search", async () => {
  const found = await sdk.search.records({ query: "acme", objects: ["companies", "people"] });
  if (!found.some((each) => each.id.record_id === made.company)) throw new Error("Acme is missing");
});
await step("a filter that Attio refuses", async () => {
  await refused(
    () => sdk.records.query({ object: "people", filter: { first_name: "Ada" } }),
    400,
    "unknown_filter_attribute_slug",
  );
});

// -- lists ----------------------------------------------------------------------------------------

await step("create a list with attributes", async () => {
  const list = data(
    await attio.postV2Lists({
      client,
      body: {
        data: {
          name: "Sales",
          api_slug: "sales",
          parent_object: "companies",
          workspace_access: "full-access",
          workspace_member_access: [],
        },
      },
    }),
  );
  equal(list.parent_object, ["companies"], "parent object");
  const target = { target: "lists", identifier: "sales" };
  await attio.postV2ByTargetByIdentifierAttributes({
    client,
    path: target,
    body: attribute("priority", "number"),
  });
  await attio.postV2ByTargetByIdentifierAttributes({
    client,
    path: target,
    body: attribute("stage", "status"),
  });
  await attio.postV2ByTargetByIdentifierAttributesByAttributeStatuses({
    client,
    path: { ...target, attribute: "stage" },
    body: { data: { title: "Interview" } },
  });
  const renamed = data(
    await attio.patchV2ListsByList({
      client,
      path: { list: "sales" },
      body: { data: { name: "Sales pipeline" } },
    }),
  );
  equal(renamed.name, "Sales pipeline", "name");
  equal((await sdk.lists.list()).length > 0, true, "lists");
  equal((await sdk.lists.get({ list: "sales" })).api_slug, "sales", "slug");
});
await step("entries", async () => {
  const entry = data(
    await attio.postV2ListsByListEntries({
      client,
      path: { list: "sales" },
      body: {
        data: {
          parent_record_id: made.company,
          parent_object: "companies",
          entry_values: { priority: [1], stage: ["Interview"] },
        },
      },
    }),
  );
  made.entry = entry.id.entry_id;
  const path = { list: "sales", entry_id: made.entry };
  const changed = data(
    await attio.patchV2ListsByListEntriesByEntryId({
      client,
      path,
      body: { data: { entry_values: { priority: [2] } } },
    }),
  );
  equal(changed.entry_values.priority[0].value, 2, "priority");
  await attio.putV2ListsByListEntriesByEntryId({
    client,
    path,
    body: { data: { entry_values: { priority: [3] } } },
  });
  const asserted = data(
    await attio.putV2ListsByListEntries({
      client,
      path: { list: "sales" },
      body: {
        data: {
          parent_record_id: made.company,
          parent_object: "companies",
          entry_values: { priority: [4] },
        },
      },
    }),
  );
  equal(asserted.id.entry_id, made.entry, "the asserted entry");
  const got = data(await attio.getV2ListsByListEntriesByEntryId({ client, path }));
  equal(got.entry_values.priority[0].value, 4, "priority");
  const history = data(
    await attio.getV2ListsByListEntriesByEntryIdAttributesByAttributeValues({
      client,
      path: { ...path, attribute: "priority" },
      query: { show_historic: true },
    }),
  );
  equal(history.map((each) => each.value), [1, 2, 3, 4], "history");
});
await step("query entries with filters", async () => {
  const filter = filters.and(
    filters.parentRecordId({ list: "sales", object: "companies", recordId: made.company }),
    filters.listStatus({ attribute: "stage", status: "Interview" }),
  );
  const found = await sdk.lists.queryEntries({ list: "sales", filter, paginate: true });
  equal(found.length, 1, "entries");
  const none = filters.listStatus({ attribute: "stage", status: "Interview" });
  equal((await sdk.lists.queryEntries({ list: "sales", filter: filters.not(none) })).length, 0, "none");
  const own = data(
    await attio.getV2ObjectsByObjectRecordsByRecordIdEntries({
      client,
      path: { object: "companies", record_id: made.company },
    }),
  );
  equal(own.map((each) => each.list_api_slug), ["sales"], "the record's entries");
});
await step("entries by helpers", async () => {
  const entry = await sdk.lists.addEntry({
    list: "sales",
    parentRecordId: made.company,
    parentObject: "companies",
    entryValues: { priority: [9] },
  });
  await sdk.lists.removeEntry({ list: "sales", entryId: entry.id.entry_id });
});
await step("views", async () => {
  await attio.getV2ObjectsByObjectViews({ client, path: { object: "people" } });
  await attio.getV2ListsByListViews({ client, path: { list: "sales" } });
});

// -- notes, tasks, comments, meetings, files ------------------------------------------------------

await step("notes", async () => {
  const note = await sdk.notes.create({
    parentObject: "people",
    parentRecordId: made.person,
    title: "Call",
    format: "markdown",
    content: "# Plan\n\n- one\n- **two**",
  });
  const path = { noteId: note.id.note_id };
  equal((await sdk.notes.get(path)).title, "Call", "title");
  const found = await sdk.notes.list({ parentObject: "people", parentRecordId: made.person, paginate: true });
  equal(found.length, 1, "notes");
  await sdk.notes.delete(path);
  await refused(() => sdk.notes.get(path), 404, "not_found");
});
await step("tasks", async () => {
  const task = await sdk.tasks.create({
    data: {
      content: "Follow up",
      format: "plaintext",
      deadline_at: "2026-12-31T17:00:00Z",
      is_completed: false,
      linked_records: [{ target_object: "companies", target_record_id: made.company }],
      assignees: [{ referenced_actor_type: "workspace-member", referenced_actor_id: made.member }],
    },
  });
  const path = { taskId: task.id.task_id };
  const done = await sdk.tasks.update({ ...path, data: { is_completed: true } });
  equal(done.is_completed, true, "is_completed");
  equal((await sdk.tasks.list({ isCompleted: true })).length, 1, "completed tasks");
  equal((await sdk.tasks.get(path)).content_plaintext, "Follow up", "content");
  await sdk.tasks.delete(path);
});
await step("comments and threads", async () => {
  const body = (data) => ({ data: { format: "plaintext", author: { type: "workspace-member", id: made.member }, ...data } });
  const head = await openComments(() =>
    attio.postV2Comments({
      client,
      body: body({ content: "First", record: { object: "people", record_id: made.person } }),
    }),
  );
  await openComments(() =>
    attio.postV2Comments({ client, body: body({ content: "Second", thread_id: head.thread_id }) }),
  );
  const threads = await openComments(() =>
    attio.getV2Threads({ client, query: { object: "people", record_id: made.person } }),
  );
  equal(threads[0].comments.length, 2, "comments");
  await openComments(() =>
    attio.getV2ThreadsByThreadId({ client, path: { thread_id: head.thread_id } }),
  );
  const path = { comment_id: head.id.comment_id };
  const read = await openComments(() => attio.getV2CommentsByCommentId({ client, path }));
  equal(read.content_plaintext, "First", "content");
  await attio.deleteV2CommentsByCommentId({ client, path });
});
await step("meetings and call recordings", async () => {
  const meeting = data(
    await attio.postV2Meetings({
      client,
      body: {
        data: {
          title: "Review",
          description: "Quarterly",
          start: { datetime: "2026-03-01T10:00:00.000Z", timezone: "UTC" },
          end: { datetime: "2026-03-01T11:00:00.000Z", timezone: "UTC" },
          is_all_day: false,
          participants: [{ email_address: "ada@acme.example.com", is_organizer: true, status: "accepted" }],
          linked_records: [{ object: "companies", record_id: made.company }],
          external_ref: { ical_uid: "review-1", provider: "google", is_recurring: false },
        },
      },
    }),
  );
  const path = { meeting_id: meeting.id.meeting_id };
  await attio.getV2MeetingsByMeetingId({ client, path });
  const found = await attio.paginate(async (cursor) =>
    attio.getV2Meetings({ client, query: { limit: 1, ...(cursor ? { cursor } : {}) } }),
  );
  equal(found.length, 1, "meetings");
  await attio.getV2MeetingsByMeetingIdCallRecordings({ client, path });
});
await step("files", async () => {
  // The SDK's own schema of this request takes no File: the multipart body is made here.
  const form = new FormData();
  form.append("file", new File(["hello"], "hello.txt", { type: "text/plain" }));
  form.append("object", "people");
  form.append("record_id", made.person);
  const headers = { Authorization: `Bearer ${apiKey}` };
  const sent = await fetch(`${baseUrl}/v2/files/upload`, { method: "POST", headers, body: form });
  equal(sent.status, 201, "status");
  const file = (await sent.json()).data;
  const fileId = file.id.file_id;
  const found = await sdk.files.list({ object: "people", recordId: made.person, paginate: true });
  equal(found.length, 1, "files");
  equal((await sdk.files.get({ fileId })).name, "hello.txt", "name");
  equal(await sdk.files.download({ fileId, parseAs: "text" }), "hello", "content");
  await attio.deleteV2FilesByFileId({ client, path: { file_id: fileId } });
});

// -- webhooks -------------------------------------------------------------------------------------

await step("webhooks", async () => {
  const body = {
    data: {
      target_url: "https://app.example/hook",
      subscriptions: [{ event_type: "record.created", filter: null }],
    },
  };
  const webhook = data(await attio.postV2Webhooks({ client, body }));
  if (!webhook.secret) throw new Error("no secret");
  await refused(() => attio.postV2Webhooks({ client, body }), 409, "uniqueness_conflict");
  const path = { webhook_id: webhook.id.webhook_id };
  equal(data(await attio.getV2Webhooks({ client })).length, 1, "webhooks");
  const filter = { $and: [{ field: "actor.type", operator: "equals", value: "api-token" }] };
  await attio.patchV2WebhooksByWebhookId({
    client,
    path,
    body: { data: { subscriptions: [{ event_type: "record.updated", filter }] } },
  });
  equal(data(await attio.getV2WebhooksByWebhookId({ client, path })).status, "active", "status");
  await attio.deleteV2WebhooksByWebhookId({ client, path });
});

// -- the end --------------------------------------------------------------------------------------

await step("delete records", async () => {
  await sdk.records.delete({ object: "people", recordId: made.person });
  await refused(() => sdk.records.get({ object: "people", recordId: made.person }), 404, "not_found");
  const entry = { list: "sales", entry_id: made.entry };
  await attio.deleteV2ListsByListEntriesByEntryId({ client, path: entry });
});
await step("a wrong token", async () => {
  const stranger = attio.createAttioClient({ ...settings, apiKey: "0".repeat(64), throwOnError: true });
  await refused(() => attio.getV2Objects({ client: stranger }), 401);
});

process.exitCode = failed ? 1 : 0;
