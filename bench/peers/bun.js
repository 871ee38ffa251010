// A broadcaster as the documentation of bun writes it: publish to a topic. BUN SOCKETS CONTROL.
const [sockets, control] = process.argv.slice(2).map(Number);
const server = Bun.serve({
  port: sockets,
  hostname: "127.0.0.1",
  fetch(request, server) {
    if (!server.upgrade(request)) return new Response("not a socket", { status: 400 });
  },
  websocket: { open(socket) { socket.subscribe("room"); }, message() {} },
});
let held = Buffer.alloc(0);
Bun.listen({
  hostname: "127.0.0.1",
  port: control,
  socket: {
    data(_socket, data) {
      held = Buffer.concat([held, data]);
      while (held.length >= 4 && held.length >= 4 + held.readUInt32BE(0)) {
        const size = held.readUInt32BE(0);
        server.publish("room", held.toString("utf8", 4, 4 + size));
        held = held.subarray(4 + size);
      }
    },
  },
});
