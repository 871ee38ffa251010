-- Prosody with every message of a room archived in PostgreSQL; presence not told.
data_path = "${folder}"
pidfile = "${folder}/prosody.pid"
daemonize = false
log = { warn = "*console" }
modules_enabled = { "saslauth", "disco" }
modules_disabled = { "s2s", "offline", "tls" }
interfaces = { "127.0.0.1" }
c2s_ports = { ${port} }
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
storage = { muc_log = "sql" }
sql = { driver = "PostgreSQL", database = "${sql_database}", host = "127.0.0.1",
        port = ${sql_port}, username = "${sql_username}", password = "${sql_password}" }
VirtualHost "localhost"
Component "conference.localhost" "muc"
    modules_enabled = { "muc_mam" }
    muc_log_by_default = true
    muc_log_presences = false
    muc_room_locking = false
    muc_room_default_history_length = 0
    muc_room_default_presence_broadcast = { visitor = false, participant = false, moderator = false }
