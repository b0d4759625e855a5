// What many sites do by hand: a regular expression, and the MX record by DNS over HTTPS in JSON. To weigh the Worker against.
const ADDRESS = /^[^\s@]+@([^\s@]+\.[^\s@]+)$/;

export default {
    async fetch(request, env) {
        if (new URL(request.url).pathname === "/healthz") {
            return Response.json({ ok: true });
        }
        const { email } = await request.json();
        const domain = ADDRESS.exec(email)?.[1];
        if (!domain) {
            return Response.json({ email, valid: false });
        }
        const answer = await fetch(`${env.DOH}?name=${encodeURIComponent(domain)}&type=MX`, { headers: { accept: "application/dns-json" } });
        const { Answer = [] } = await answer.json();
        return Response.json({ email, valid: true, mx: Answer.map((record) => record.data) });
    },
};
