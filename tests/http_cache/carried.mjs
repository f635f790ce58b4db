// How the suite's fields get through a gateway that passes on only what it knows (rule 16). The bucket sends all of them as the
// suite's server says, and those that the gateway drops a second time, in fields that are kept with the object and passed on
// untouched under `inline: all`: what the suite notes for itself in Content-Disposition, what a test is about in Content-Language.
// The latter stands for what a bucket would call the object's own metadata: it is kept, updated and left alone as that would be. Were
// a field passed on after all, the suite would find it doubled.

// What the suite's server notes for the suite's client, in each answer.
const NOTES = new Set([
  'capability-seen', 'client-request-count', 'request-numbers', 'server-base-url', 'server-now', 'server-request-count',
]);

// What the gateway passes on, or makes itself, or what is of one connection alone.
const NOT_CARRIED = new Set([
  'accept-ranges', 'age', 'cache-control', 'connection', 'content-disposition', 'content-encoding', 'content-language',
  'content-length', 'content-range', 'content-type', 'date', 'etag', 'expires', 'keep-alive', 'last-modified', 'proxy-authenticate',
  'proxy-authentication-info', 'proxy-authorization', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade',
]);

// Whether a test that is about this field passes by what stands in for it. `Vary` is obeyed and only then carried.
export const standsIn = (name) => !NOT_CARRIED.has(name.toLowerCase()) && name.toLowerCase() !== 'vary';

// Adds to the head of `response` what is to be carried.
export function pack(response) {
  const of_the_connection = String(response.getHeader('connection') ?? '').toLowerCase().split(',');
  const left_out = new Set([...NOT_CARRIED, ...of_the_connection.map((name) => name.trim())]);
  const fields = Object.entries(response.getHeaders())
    .filter(([name]) => !left_out.has(name))
    .map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : String(value)]);
  load(response, 'content-disposition', 'inline', fields.filter(([name]) => NOTES.has(name)));
  load(response, 'content-language', 'en', fields.filter(([name]) => !NOTES.has(name)));
}

function load(response, carrier, otherwise, fields) {
  if (fields.length === 0) return;
  const packed = Buffer.from(JSON.stringify(fields)).toString('base64url');
  response.setHeader(carrier, `${response.getHeader(carrier) ?? `${otherwise}; made-up`}; carried=${packed}`);
}

// The reverse, on the way to the suite's client: `fields` are pairs of a name in lower case and a value.
export function unpack(fields) {
  return fields.flatMap(([name, value]) => {
    const [, stored, packed] = /^(.*); carried=([\w-]+)$/.exec(value) ?? [];
    if (packed === undefined) return [[name, value]];
    const carried = JSON.parse(Buffer.from(packed, 'base64url').toString());
    return stored.endsWith('; made-up') ? carried : [[name, stored], ...carried];
  });
}
