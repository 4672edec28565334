// Every limit of the protocol and of what a session may hold, with its reason. The defaults here are what a process
// announces and enforces; docs/protocol.md says what happens to a peer that exceeds one. Tests reach each limit and
// then exceed it by one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/units.hpp"

namespace ferrotunnel::limits {

using namespace std::chrono_literals;

// --- frames -------------------------------------------------------------------------------------------------------

inline constexpr std::size_t frame_header_bytes = 8;
/// Header and payload together fill one TLS record of 16 KiB.
inline constexpr std::size_t data_payload_max = 16'376;
static_assert(frame_header_bytes + data_payload_max == 16_KiB);
/// The largest UDP payload over IPv4.
inline constexpr std::size_t datagram_payload_max = 65'507;
inline constexpr std::size_t control_payload_max = 16_KiB;
/// A peer that has not proved its token yet gets less of our memory.
inline constexpr std::size_t control_payload_unauthenticated_max = 4_KiB;
/// How deep maps and arrays may be nested; deeper ones are an attack on recursive readers.
inline constexpr std::size_t control_nesting_max = 8;
/// Keys or elements of a single map or array in a control message.
inline constexpr std::size_t control_items_max = 1'024;
inline constexpr std::size_t open_metadata_max = 1_KiB;
inline constexpr std::size_t open_host_max = 255;  // a DNS name
inline constexpr std::size_t goaway_text_max = 256;
inline constexpr std::size_t ping_payload_bytes = 8;

// --- control messages ---------------------------------------------------------------------------------------------

/// Services in one `register` or `registered` message; more services take several messages.
inline constexpr std::size_t services_per_message_max = 64;
/// Texts, in bytes of UTF-8. They reach logs and terminals, so they are short and hold no control characters.
inline constexpr std::size_t agent_text_max = 64;
inline constexpr std::size_t client_name_max = 64;
inline constexpr std::size_t session_text_max = 64;
inline constexpr std::size_t refused_text_max = 256;
inline constexpr std::size_t bind_text_max = 64;
inline constexpr std::size_t service_name_max = 253;  // a DNS name
inline constexpr std::size_t service_metadata_max = 1_KiB;
inline constexpr std::size_t public_address_max = 320;  // a URL with such a name
/// How many counters one `stats` message may have, and how long their names may be.
inline constexpr std::size_t counters_max = 64;
inline constexpr std::size_t counter_name_max = 64;
/// The highest number of trunks of one tunnel that a hello may announce.
inline constexpr std::uint32_t trunks_max = 64;
/// Trunks that one tunnel may have here. Each has a session's budget of memory and takes a place among `sessions_max`.
/// More trunks than cores bring nothing, and the loss of one of sixteen is a small loss already.
inline constexpr std::uint32_t trunks_per_tunnel_max = 16;
static_assert(trunks_per_tunnel_max <= trunks_max);
/// A server counts as near when its round trip is below this: then cores are the scarce resource, and a client that was
/// not told otherwise makes two trunks. Farther away the line is scarce: two TCP connections may share it unevenly for
/// most of a minute (Jain's index of ten streams 0.59 to 1.00 at 100 ms), and so do the streams on them. On one trunk,
/// streams share exactly.
inline constexpr std::chrono::milliseconds near_round_trip{2};

// --- credit -------------------------------------------------------------------------------------------------------

/// What a DATA frame costs beyond its payload, so that tiny frames cannot fill memory with queue slots for free.
inline constexpr std::uint32_t data_frame_cost = 64;
/// Credit that a new stream can use at once, so that data need not wait for a round trip.
inline constexpr std::uint32_t first_window = 64_KiB;
/// The first window of new streams while more than half of the session's budget is in use.
inline constexpr std::uint32_t first_window_tight = 8_KiB;
/// A frame that is cut short by credit carries at least this much; otherwise the sender waits for more credit.
inline constexpr std::uint32_t shortest_cut = 1_KiB;
/// The smallest first window that a peer may announce. Credit comes back when half of a small window was taken, so a
/// window must hold twice what a sender waits for, or both sides would wait for ever.
inline constexpr std::uint32_t first_window_min = 4_KiB;
static_assert(first_window_min >= 2 * (data_frame_cost + shortest_cut));
/// OPENED raises the window to this while less than half of the budget is committed.
inline constexpr std::uint32_t opened_window = 256_KiB;
inline constexpr std::uint32_t window_max = 32_MiB;
/// Credit is given back once a quarter of the window was taken, but not in smaller pieces than this (or half of a
/// smaller window).
inline constexpr std::uint32_t credit_return_min = 16_KiB;
/// The largest amount of credit that a peer may announce; more than this outstanding on a stream is a violation.
inline constexpr std::uint64_t credit_outstanding_max = 1ULL << 31;
/// A window shrinks by half after this long without BLOCKED, and to the first window after the longer time without
/// data.
inline constexpr auto window_shrink_after = 10s;
inline constexpr auto window_reset_after = 30s;

static_assert(first_window_tight >= data_payload_max / 2);
static_assert(first_window < opened_window && opened_window < window_max);
static_assert(credit_return_min * 4 <= first_window);

// --- memory -------------------------------------------------------------------------------------------------------

/// Bytes held plus credit granted beyond the first windows, for one session.
inline constexpr std::uint64_t session_budget = 64_MiB;
/// Beyond this many real bytes, the streams that hold most for longest and have not moved for `stalled_after` are
/// reset. Beyond twice as many, streams that do move are reset too: otherwise a visitor who takes a byte every now and
/// then could hold any amount.
inline constexpr std::uint64_t session_memory_hard = 128_MiB;
inline constexpr auto stalled_after = 500ms;
/// One in so many of the stalled streams is reset at a time: resetting a single one each time would take an hour for
/// what 16,384 can hold.
inline constexpr std::size_t stalled_reset_one_of = 16;
/// After nothing was taken from a stream for this long, what it holds and what it may still be sent is left out of the
/// budget: visitors who do not read must not leave all others with small windows for as long as they stay. It still
/// counts for the hard cap. The session looks for such streams this often while a quarter of the budget is in use.
inline constexpr auto set_aside_after = 10s;
inline constexpr auto set_aside_look_every = 1s;
/// What one endpoint may queue for sending; beyond it, its socket is not read.
inline constexpr std::uint32_t send_queue_max = 64_KiB;
/// What the kernel may hold unsent for one visitor or backend. Without this bound it would accept megabytes
/// (`tcp_wmem`) for a peer that does not read, from the memory that all sockets of the machine share (`tcp_mem`).
inline constexpr std::uint32_t socket_unsent_max = 256_KiB;
/// What all streams of a session have queued for sending, as real memory. Beyond half of it, or where the process is
/// short of memory, each stream may queue `send_queue_tight`; beyond all of it only `send_queue_full`: enough to move
/// on, and even the largest number of streams adds no more than as much again.
inline constexpr std::uint64_t session_outbound_max = 64_MiB;
inline constexpr std::uint32_t send_queue_tight = 16_KiB;
inline constexpr std::uint32_t send_queue_full = 4_KiB;
/// From this much on the trunk is behind: data read from sockets may have to wait, so reads that fill less than half of
/// a slab are copied together.
inline constexpr std::uint64_t session_outbound_behind = 4_MiB;
/// Payloads below this that cross threads are copied, so that a slow reader does not pin a slab of 64 KiB with them.
inline constexpr std::uint32_t copy_below = 4_KiB;
/// A received slab of which less than this is still in use is copied after a read, so that the rest does not pin 64
/// KiB. A whole frame is never copied, except while a quarter of the budget is in use or the process is short of
/// memory.
inline constexpr std::uint32_t compact_below = data_payload_max / 2;
inline constexpr std::uint32_t compact_below_tight = 32_KiB;
/// Size of the slabs into which payloads are copied together when their endpoint is behind: a quarter of what already
/// waits for the endpoint, within these bounds, so that little is taken for what may never come. The smallest is 512
/// bytes with its header.
inline constexpr std::uint32_t copies_slab_min = 480;
inline constexpr std::uint32_t copies_slab_max = 16_KiB;
static_assert(copies_slab_min < copies_slab_max);
/// How much one system call sends: bytes (what the trunk takes in `batch_time`, between these bounds) and pieces.
inline constexpr std::size_t batch_bytes_min = 32_KiB;
inline constexpr std::size_t batch_bytes_max = 256_KiB;
inline constexpr auto batch_time = 20ms;
inline constexpr std::size_t batch_pieces_max = 64;
/// Session frames (PING, GOAWAY, CONTROL) that may wait to be sent. All of a client's services can be registered, and
/// answered one by one, in a single turn, and a peer that could not read meanwhile is not at fault.
inline constexpr std::size_t urgent_bytes_max = 4_MiB + 256_KiB;
/// What one stream may send in its turn: what the trunk takes in `turn_time`, between these bounds.
inline constexpr std::uint32_t quantum_min = 16_KiB;
inline constexpr std::uint32_t quantum_max = 64_KiB;
inline constexpr auto turn_time = 1ms;
/// A stream with at most this much waiting counts as sparse and goes first, once.
inline constexpr std::uint32_t sparse_bytes = 4_KiB;
/// Datagrams that may wait on one stream, in each direction: more of one visitor than a round of a port brings, and
/// most of what a read of a trunk does, before those who take them have their turn.
inline constexpr std::size_t datagrams_queued_max = 1'024;
inline constexpr std::uint32_t datagram_bytes_queued_max = 1_MiB;
inline constexpr auto datagram_age_max = 200ms;

/// How long a visitor of a UDP service may be silent, both ways, before it is forgotten: what a service may ask for.
inline constexpr std::uint32_t udp_idle_ms_min = 1'000;
inline constexpr std::uint32_t udp_idle_ms_max = 3'600'000;
inline constexpr std::chrono::seconds udp_idle_default{60};
/// The client's end of a visitor is forgotten so much later than the server's: the server says when it ends.
inline constexpr std::chrono::seconds udp_idle_behind{1};
/// Visitors of one UDP port. Their addresses may be forged: when there are as many, the one that has been silent for
/// longest makes room, if it was silent for this long. So a flood drives nobody out who is in the middle of something.
inline constexpr std::size_t udp_visitors_per_port_max = 4'096;
inline constexpr std::chrono::seconds udp_gives_way_after{5};
/// What waits for the stream of a new visitor to be opened: for one visitor, and for all of a port.
inline constexpr std::size_t udp_unopened_datagrams_max = 16;
inline constexpr std::size_t udp_unopened_bytes_max = 128_KiB;
inline constexpr std::size_t udp_unopened_bytes_per_port_max = 4_MiB;
/// What a UDP socket asks the kernel to hold each way; the kernel gives as much as its settings allow.
inline constexpr int udp_socket_buffer = 4'194'304;

/// What a session that can be resumed keeps of what it has sent and the peer has not confirmed: memory, with what
/// slabs pin. Data stops there until the peer confirms; session frames continue, and beyond twice this and twice
/// urgent_bytes_max the session ends.
inline constexpr std::uint64_t resume_memory_usual = 16_MiB;
inline constexpr std::uint64_t resume_memory_min = 1_MiB;
inline constexpr std::uint64_t resume_memory_max = 1'024_MiB;
/// A session that waits for its connection is given up as a whole where the process wants at least this much of it: it
/// is not there for the sake of less.
inline constexpr std::uint64_t resume_give_up_least = 64_KiB;
/// A side confirms by itself after so many bytes, up to four times as many with more memory; sooner beside frames.
inline constexpr std::uint64_t confirm_every = 256_KiB;
/// Smaller pieces are copied together when they are kept: they would pin a slab of 64 KiB each.
inline constexpr std::uint32_t keep_copied_below = 8_KiB;

static_assert(session_budget < session_memory_hard);
static_assert(resume_memory_usual <= session_outbound_max / 4, "streams keep their queues while as much is kept");
static_assert(confirm_every <= resume_memory_min / 4);
static_assert(session_outbound_behind < session_outbound_max);
static_assert(send_queue_full < send_queue_tight && send_queue_tight < send_queue_max);
static_assert(batch_bytes_min <= batch_bytes_max);
static_assert(quantum_min >= data_payload_max && quantum_min <= quantum_max);
static_assert(urgent_bytes_max >= 2 * control_payload_max);

/// TLS sessions that a client keeps for each of its backends, and the longest time for which one is resumed.
inline constexpr std::size_t backend_sessions_max = 8;
inline constexpr std::chrono::hours backend_session_lifetime{1};

// --- streams ------------------------------------------------------------------------------------------------------

inline constexpr std::uint32_t streams_max = 16'384;
inline constexpr std::uint32_t opens_unanswered_max = 4'096;
inline constexpr std::uint32_t opens_unanswered_per_service_max = 256;
inline constexpr auto open_answer_deadline = 20s;
/// Visitors of one service on one trunk who wait until others are answered and a stream can be opened for them.
/// Visitors of a TCP port are few here: as soon as the first one waits, the others wait in the kernel. Those of TLS
/// hosts share a listener with other hosts. A client that answers nothing lets one in four go every
/// `open_answer_deadline`, so that the last one waits for as long as browsers do.
inline constexpr std::size_t visitors_waiting_max = 1'024;
/// Visitors of public ports who wait for a client of their service to come back, since the last one has just gone: at
/// one port, and at all of a server. Each costs a descriptor; what a connection has sent stays in the kernel. What all
/// the datagrams may take that wait: ports that have some count with `udp_unopened_bytes_per_port_max` each.
inline constexpr std::size_t visitors_held_per_port_max = 1'024;
inline constexpr std::size_t visitors_held_max = 8'192;
inline constexpr std::size_t held_datagram_bytes_max = 128_MiB;
/// When a client is back they are given out in steps, so that its other connections, and other members of its group,
/// get their part: half of those who wait, but so many at least.
inline constexpr std::size_t visitors_released_at_once_min = 64;
inline constexpr std::chrono::milliseconds visitors_released_every{10};
/// TCP ports that a server which has just begun opens and holds, since it knows them from before.
inline constexpr std::size_t ports_held_at_start_max = 4'096;
/// How long they wait, and the most that can be set: longer than that nobody waits.
inline constexpr std::chrono::milliseconds ports_hold_default{3'000};
inline constexpr std::chrono::milliseconds ports_hold_max{60'000};
/// How long the client gives a backend to connect; less than `open_answer_deadline`, so that the visitor's side hears
/// the reason.
inline constexpr auto backend_connect_deadline = 10s;
inline constexpr std::uint32_t stream_id_max = 0x7fff'ffff;
/// A session that has used this many of its ids is replaced by a fresh one.
inline constexpr std::uint32_t stream_id_rotate = stream_id_max / 4 * 3;
/// Replaced sessions of one trunk that stay until their visitors finish. Ids last for days; when a server asks for ever
/// new sessions, the visitors of the oldest one are ended.
inline constexpr std::size_t sessions_retiring_max = 4;

// --- hosts of HTTP services -----------------------------------------------------------------------------------------

/// Hosts of one service, and the longest text of one: a DNS name of 253 bytes behind "**.".
inline constexpr std::size_t http_hosts_per_service_max = 16;
inline constexpr std::size_t http_host_text_max = 256;
/// Hosts that one session may hold, over all its services.
inline constexpr std::size_t http_hosts_per_session_max = 4'096;
inline constexpr std::size_t http_path_text_max = 1_KiB;
/// What the hosts of one session take as text, each counted with the path of its service, since each is kept several
/// times. It is enough for the largest number of hosts, of any length, with short paths.
inline constexpr std::size_t http_names_bytes_per_session_max = http_hosts_per_session_max * (http_host_text_max + 16);
/// Bounds of the rules of one service: header fields in each direction, which take places among the edits of a head;
/// the lengths of names, values, a Host with its port and a redirect's target; and all texts together, with what each
/// rule takes besides them in a message.
inline constexpr std::size_t http_header_rules_max = 32;
inline constexpr std::size_t http_header_rule_name_max = 256;
inline constexpr std::size_t http_header_rule_value_max = 4_KiB;
inline constexpr std::size_t http_header_rule_bytes = 8;
inline constexpr std::size_t http_other_rule_bytes = 48;
inline constexpr std::size_t http_host_header_max = http_host_text_max + 8;
inline constexpr std::size_t http_redirect_text_max = 1_KiB;
inline constexpr std::size_t http_rules_bytes_max = 8_KiB;
/// The bound for the rules of all services of one session together.
inline constexpr std::size_t http_rules_bytes_per_session_max = 256_KiB;
/// The most that a service may ask for at all; operators may allow less (directory::HttpBounds).
inline constexpr auto http_first_byte_max = 24h;
inline constexpr auto http_upgraded_idle_max = 24h * 7;
inline constexpr std::uint64_t http_body_rate_max = 1'024 * 1_MiB;
inline constexpr std::uint64_t http_body_bytes_max = 0x7fff'ffff'ffff'ffff;  // as of a Content-Length
/// For this long after its client has gone, a host stays known and the property of its token: its visitors get 503
/// instead of 404, and nobody else can take it. The second bound is for all such hosts together: when there are more,
/// the token that has most of them loses the one that has been away longest.
inline constexpr auto http_host_known_for = 24h;
inline constexpr std::size_t http_known_hosts_max = 16'384;

// --- floods -------------------------------------------------------------------------------------------------------

/// Pongs that are not sent yet. A peer that pings faster than it reads commits a violation.
inline constexpr std::uint32_t pongs_pending_max = 4;
/// Bytes that the secret of a dashboard has at least. A file of a secret has at most 4 KiB.
inline constexpr std::size_t dashboard_secret_min = 16;
/// Services that one client may register.
inline constexpr std::uint32_t services_max = 1'024;
/// Services that a client registers on one connection: all of them twice at once, and so many in each second from then
/// on. Each costs sockets, lines of output and others' time, and could be given back at once.
inline constexpr std::uint32_t registrations_at_once_max = 2 * services_max;
inline constexpr std::uint32_t registrations_per_second_max = 64;
/// What one service takes in a message, estimated generously.
inline constexpr std::size_t service_bytes_max = service_metadata_max + service_name_max + bind_text_max +
                                                 http_path_text_max + http_rules_bytes_max +
                                                 http_hosts_per_service_max * (http_host_text_max + 3) + 1_KiB;
static_assert(service_bytes_max <= control_payload_max);
static_assert(services_max * (service_metadata_max + service_name_max + bind_text_max + http_path_text_max + 512) +
                  http_hosts_per_session_max * (http_host_text_max + 3) + http_rules_bytes_per_session_max <=
              urgent_bytes_max);
static_assert(services_max * (public_address_max + http_host_text_max + 128) <= urgent_bytes_max);
static_assert(services_max * (refused_text_max + 128) <= urgent_bytes_max);

// --- HTTP ---------------------------------------------------------------------------------------------------------

/// Size of a request's or response's head, up to the empty line and with all line ends: what one visitor may make us
/// hold before a route is known.
inline constexpr std::size_t http_head_max = 64_KiB;
/// One line of a head. Cookies are usually the longest, and browsers keep each of them below 4 KiB.
inline constexpr std::size_t http_line_max = 16_KiB;
/// Fields of a head. It can be set lower but not higher.
inline constexpr std::size_t http_fields_max = 100;
/// Fields of a head beyond those, of the names that an edge adds to what it forwards (http::is_edge_field): a dozen at
/// most, and one Via more for each further edge. Without them a request with `http_fields_max` fields would pass one
/// edge and be refused by the next one.
inline constexpr std::size_t http_edge_fields_max = 16;
/// The room that a parser has.
inline constexpr std::size_t http_fields_room = http_fields_max + http_edge_fields_max;
inline constexpr std::size_t http_target_max = 8_KiB;
/// No registered method has more than 17 letters.
inline constexpr std::size_t http_method_max = 32;
/// Extensions of all chunks of one message: they mean nothing to us and must not be a way to send for ever.
inline constexpr std::size_t http_chunk_extensions_max = 4_KiB;
inline constexpr std::size_t http_chunk_size_digits_max = 16;
inline constexpr std::size_t http_trailers_max = 8_KiB;
/// Total length of the protocol names that a request offers in Upgrade; a longer list counts as no offer.
inline constexpr std::size_t http_upgrade_offer_max = 62;
/// Elements of Connection fields. Each is looked up among the fields; one or two are usual.
inline constexpr std::size_t http_connection_options_max = 32;
/// Fields that plugins add, set or remove in one head: more than any of them needs, few enough to look through.
inline constexpr std::size_t plugin_edits_max = 32;
/// Fields that go from the head of a body that plugins transform: its digests, Accept-Ranges, a strong ETag.
inline constexpr std::size_t plugin_body_edits = 8;
/// Fields that rules add, set or remove in one head, together with those that the edge itself sets, and plugins.
inline constexpr std::size_t http_edits_max = 64 + plugin_edits_max + plugin_body_edits;
/// The chain of proxies in X-Forwarded-For or Forwarded; a longer one is kept from the right.
inline constexpr std::size_t http_forwarded_max = 2_KiB;
inline constexpr std::size_t http_request_id_max = 128;
/// Interim responses (1xx) before an answer: a backend that sends them for ever does not answer.
inline constexpr std::uint32_t http_interims_max = 64;
/// When a backend has ended a connection, the client tells right behind it how much the backend had got; the edge waits
/// for that no longer than this.
inline constexpr auto http_count_follows = 1s;
/// Plugins: instances of a chain, each of which may look at every request; what they may keep for one exchange as texts
/// of edits and notes; an answer of their own, its fields and the length of a refusal's code; and how many of a
/// worker's exchanges may wait for a decision (for one instance: half of them), with what their heads take.
inline constexpr std::size_t plugin_instances_max = 64;
inline constexpr std::size_t plugin_texts_max = 16_KiB;
inline constexpr std::size_t plugin_notes_max = 32;
inline constexpr std::size_t plugin_answer_max = 1_MiB;
inline constexpr std::size_t plugin_answer_fields_max = 16;
inline constexpr std::size_t plugin_code_max = 64;
inline constexpr std::size_t plugin_waiting_max = 1'024;
inline constexpr std::size_t plugin_waiting_heads_max = 16_MiB;
/// Bodies that plugins look at: what one that collects a body gets when it does not say how much, the most that it may
/// ask for, and what a worker's exchanges collect together; how much of what a transform makes may wait before it gets
/// no more input, the most that it may make in one call, and how many observe or transform one body.
inline constexpr std::size_t plugin_collect_default = 64_KiB;
inline constexpr std::size_t plugin_collect_max = 1_MiB;
inline constexpr std::size_t plugin_collected_max = 16_MiB;
inline constexpr std::size_t plugin_body_waiting_max = 64_KiB;
inline constexpr std::size_t plugin_body_output_max = 1_MiB;
inline constexpr std::size_t plugin_body_stages_max = 2 * plugin_instances_max;
/// Descriptors that are kept for clients that log in and for the HTTP edge, since visitors of public TCP ports may come
/// in any number and stay as long as they like: an eighth of what the process may have, but not more than this.
inline constexpr std::uint64_t descriptors_reserved_max = 1'024;
/// How far an operator may raise the limits of requests' heads, which each connection can make us hold. Targets cannot
/// be longer, since that is all the room that readings of a path have. Below the lower bounds browsers would be
/// refused.
inline constexpr std::size_t http_head_settable_min = 1_KiB;
inline constexpr std::size_t http_head_settable_max = 256_KiB;
inline constexpr std::size_t http_line_settable_min = 256;
inline constexpr std::size_t http_line_settable_max = 64_KiB;
inline constexpr std::size_t http_target_settable_min = 64;
/// The most visitors' connections, and idle connections to backends, that an operator may allow: more than there are
/// descriptors.
inline constexpr std::uint32_t http_connections_settable_max = 1'000'000;
inline constexpr std::uint32_t http_requests_settable_max = 1'000'000'000;
inline constexpr std::uint32_t http_body_rate_settable_max = 1'000'000'000;
inline constexpr std::uint32_t http_linger_settable_max = 1024_MiB;
/// How long a visitor may continue sending after its last response.
inline constexpr std::chrono::seconds http_linger_patience{30};
inline constexpr std::uint32_t http_replay_settable_max = 1_MiB;
/// What each kept piece of a request counts beyond its bytes, which is about what it takes, so that chunks of one byte
/// are not kept for free.
inline constexpr std::uint32_t http_replay_piece_cost = 192;
/// Networks in `trusted_proxies`: they are searched one by one for each connection.
inline constexpr std::size_t http_trusted_proxies_max = 1'024;
inline constexpr std::size_t http_via_max = 64;
/// The operator's own pages; together with `http_page_max` this bounds their memory.
inline constexpr std::size_t http_pages_max = 1'024;

static_assert(http_target_max < http_line_max && http_line_max <= http_head_max);
static_assert(http_trailers_max <= http_line_max);
static_assert(http_forwarded_max < http_line_max);

// --- time ---------------------------------------------------------------------------------------------------------

inline constexpr auto ping_interval = 15s;
inline constexpr auto dead_interval = 45s;
/// The least that a server may ask of its clients in place of the intervals above: it can ask neither for a flood of
/// pings nor for giving up after a moment's silence.
inline constexpr auto ping_asked_min = 1s;
inline constexpr auto dead_asked_min = 3s;
inline constexpr auto write_timeout = 30s;
inline constexpr auto handshake_deadline = 10s;
/// How long a stream of which one end is gone may stay without anything moving; then it ends, since nobody will take
/// what the other end does not take by then. Proxies give up writing to a silent client after about as long, and a
/// kernel keeps the close of a program that is gone for about as long (FIN_WAIT2). A direction that has merely ended in
/// order does not count as an end that is gone.
inline constexpr auto orphan_patience = 60s;
/// How long a session may be resumed for, counted from the last byte heard, where that is switched on. The server waits
/// a little longer, so that the client alone decides that it is too late.
inline constexpr auto resume_usual = 30s;
inline constexpr auto resume_min = 5s;
inline constexpr auto resume_max = 300s;
inline constexpr auto resume_server_waits = 5s;
/// A side of a session that can be resumed pings after this part of that time without a byte, and gives the connection
/// up after twice as long: most of the time is left for the next one.
inline constexpr int resume_ping_part = 6;
inline constexpr int resume_dead_part = 3;
/// How long a peer may leave everything unconfirmed while so much is kept that nothing but session frames is sent. It
/// was asked long before that, and what is under way on the slowest link has come by then.
inline constexpr auto resume_confirm_patience = 60s;
/// How often a client tries to connect again, and how long one attempt may take until TCP has connected: whatever comes
/// first when the network is back, a retransmission within a long attempt would come later.
inline constexpr auto resume_attempt_every = 1s;
inline constexpr auto rtt_memory = 60s;
inline constexpr auto backoff_first = 500ms;
inline constexpr auto backoff_max = 30s;
/// The client forgets earlier failures after a session that lived this long.
inline constexpr auto backoff_forget_after = 10s;
inline constexpr auto takeover_silence = 2s;
static_assert(dead_interval >= 3 * ping_interval);

// --- hosts and routes of HTTP ---------------------------------------------------------------------------------------

/// Lengths of a DNS name as text, without its final dot, and of one of its labels (RFC 1035).
inline constexpr std::size_t host_name_max = 253;
inline constexpr std::size_t host_label_max = 63;
static_assert(service_name_max == host_name_max);
/// Length of a regular expression for paths, and the memory that RE2 may use for its program and for matching.
inline constexpr std::size_t http_path_regex_max = 1_KiB;
inline constexpr std::int64_t http_path_regex_memory_max = 1_MiB;
/// Expressions come from clients and are tried one after the other, in time linear in the path. What they may cost a
/// request is therefore bounded by the number that one host may have, and by the length of the path that is matched; a
/// longer path matches none of them.
inline constexpr std::size_t http_path_regexes_per_host_max = 8;
inline constexpr std::size_t http_path_regex_path_max = 2_KiB;
/// Paths of one host, over all clients that share it; paths whose client is away make room. A change of one path
/// rebuilds the host's table, and other clients' registrations wait for that.
inline constexpr std::size_t http_paths_per_host_max = 1'024;
static_assert(http_paths_per_host_max >= services_max);
static_assert(http_header_rules_max <= (http_edits_max - plugin_edits_max) / 2);
/// Size of an operator's own page; it is held in memory and written again for each visitor.
inline constexpr std::size_t http_page_max = 256_KiB;
/// Strict-Transport-Security: ten years at most; and the least that the browsers' preload lists ask for.
inline constexpr std::chrono::seconds http_hsts_max_age_max{315'360'000};
inline constexpr std::chrono::seconds http_hsts_preload_age_min{31'536'000};

// --- what stands before a visitor's first request ------------------------------------------------------------------

/// A ClientHello together with the records that carry it. Browsers send 0.5 to 2 KiB; post-quantum keys and padding may
/// make it larger than one record, but never this large.
inline constexpr std::size_t client_hello_bytes_max = 64_KiB;
/// Names in a ClientHello's list of protocols (ALPN), each of which costs us an allocation. Browsers offer two.
inline constexpr std::size_t client_hello_protocols_max = 64;
/// A header of the PROXY protocol: addresses take 52 bytes, and the rest are TLVs, such as a certificate's names. The
/// protocol itself bounds the line of version 1, at 107 bytes.
inline constexpr std::size_t proxy_header_bytes_max = 4_KiB;

// --- certificates for visitors ------------------------------------------------------------------------------------

/// One file in PEM form; a chain takes a few thousand bytes. A larger file is not a certificate and is not read.
inline constexpr std::size_t pem_file_bytes_max = 1_MiB;
/// Names of one certificate. Certificate authorities stop at a hundred.
inline constexpr std::size_t certificate_names_max = 1'000;
/// Intermediate certificates behind one certificate.
inline constexpr std::size_t certificate_chain_max = 16;
/// Entries of a folder of certificates; more of them are a mistake, such as the root of a disk.
inline constexpr std::size_t certificate_folder_entries_max = 200'000;
/// How often certificate files may be looked at (a look at ten thousand takes 64 ms). The keys of tickets are changed
/// in the same rounds.
inline constexpr auto certificate_reload_min = 100ms;
inline constexpr auto certificate_reload_max = 1h;
/// How long a visitor's TLS session can be resumed, and how often the key that seals tickets changes. With this many
/// keys kept, a ticket can be opened for as long as its session lives.
inline constexpr auto visitor_session_lifetime = 8h;
inline constexpr auto ticket_key_seals_for = 4h;
inline constexpr std::size_t ticket_keys_kept = 3;
static_assert(certificate_reload_max < ticket_key_seals_for);
static_assert((ticket_keys_kept - 1) * ticket_key_seals_for >= visitor_session_lifetime);

/// TLS handshakes with visitors of one address in a second; ten times as many may come at once. A home may make twice
/// as many, a block five times as many. This many a second take a tenth of a core with an RSA certificate of 2,048
/// bits, most of a core with 4,096 bits, a fiftieth with ECDSA. It is enough for a city behind one address, whose
/// browsers keep their connections. The second number is the most that an operator may set.
inline constexpr std::uint32_t visitor_handshakes_per_second = 200;
inline constexpr std::uint32_t visitor_handshakes_settable_max = 1'000'000;

// --- peers that have not proved their token -----------------------------------------------------------------------

/// Connections whose peers have not proved their token: in all; of one address (IPv6: /64); of one home (IPv6: /56);
/// and of one block (IPv4: /24, IPv6: /48). Where there is no room, the oldest gives way.
inline constexpr std::uint32_t unauthenticated_max = 1'024;
inline constexpr std::uint32_t unauthenticated_per_address_max = 64;
inline constexpr std::uint32_t unauthenticated_per_home_max = 256;
inline constexpr std::uint32_t unauthenticated_per_block_max = 512;
/// Connections of one address to the control port, each of which costs a TLS handshake: so many at once, and then so
/// many a second. That is enough for the clients of a large network behind one address that all come back after a
/// restart.
inline constexpr std::uint32_t logins_at_once_max = 200;
inline constexpr std::uint32_t logins_per_second_max = 50;
/// The bounds on such connections for one home, and for one block.
inline constexpr std::uint32_t logins_of_home_at_once_max = 400;
inline constexpr std::uint32_t logins_of_home_per_second_max = 100;
inline constexpr std::uint32_t logins_of_block_at_once_max = 1'000;
inline constexpr std::uint32_t logins_of_block_per_second_max = 250;
/// Addresses, homes and blocks whose connections are counted in this way. An entry is forgotten when its network could
/// make as many at once again, after four seconds at most; peers that come from more blocks than this in that time are
/// not bounded by it.
inline constexpr std::size_t login_addresses_max = 8'192;
// A connection keeps its place for a second at least, however fast others of the same address, home or block come: a
// login takes a few round trips.
static_assert(unauthenticated_per_address_max > logins_per_second_max);
static_assert(unauthenticated_per_home_max > logins_of_home_per_second_max);
static_assert(unauthenticated_per_block_max > logins_of_block_per_second_max);

/// Wrong tokens of one address that have no consequence: a person mistypes one, or several clients have an old one.
/// Each further one closes the address for weak tokens, at first for a second and then each time for twice as long, so
/// that an attacker has a hundred guesses a day. The count is forgotten a day after the last wrong token. Homes and
/// blocks have more free ones.
inline constexpr std::uint32_t wrong_tokens_free = 10;
inline constexpr std::uint32_t wrong_tokens_of_home_free = 20;
inline constexpr std::uint32_t wrong_tokens_of_block_free = 40;
inline constexpr auto wrong_token_wait_first = 1s;
inline constexpr auto wrong_token_wait_max = 15min;
inline constexpr auto wrong_tokens_known_for = 24h;
/// Beyond the free ones, one in so many wrong tokens also counts for the home and the block of the address: an attacker
/// who uses many addresses closes them, a single neighbour does not.
inline constexpr std::uint32_t wrong_tokens_for_wider = 8;
/// Addresses, homes and blocks whose wrong tokens are remembered. Where there is no room, those that were never closed
/// are remembered for an hour only; a network that is not remembered shares one of so many records with the rest of its
/// region.
inline constexpr std::size_t wrong_token_networks_max = 8'192;
inline constexpr auto wrong_tokens_free_known_for = 1h;
inline constexpr std::size_t wrong_token_regions = 1'024;
/// Tokens that are remembered as wrong for one network, so that a client that keeps coming with an old one counts once.
inline constexpr std::size_t wrong_tokens_kept = 8;

// --- configuration files ------------------------------------------------------------------------------------------

/// Size of a configuration file. A larger one is not a valid configuration: someone named the wrong file.
inline constexpr std::size_t config_file_bytes_max = 1_MiB;
/// How deep lists and groups of keys may be nested; readers and destructors recurse on them.
inline constexpr std::size_t config_nesting_max = 16;
/// Number of keys and values: a file of nothing but brackets would take a hundred times its size in memory.
inline constexpr std::size_t config_values_max = 50'000;
/// Problems that are reported at once. Nobody reads more, and a wrong file may have one in every line.
inline constexpr std::size_t config_problems_max = 100;
/// Length of a variable's value that a file may take in, and of the text after that.
inline constexpr std::size_t config_text_max = 64_KiB;
/// The longest time that can be configured; four months keep milliseconds far from overflowing.
inline constexpr auto config_time_max = std::chrono::milliseconds(10'000'000'000);

// --- settings of plugins ------------------------------------------------------------------------------------------

/// How deep a schema may be nested, its root included: no deeper than the files that it is for. Checks recurse on it.
inline constexpr std::size_t schema_depth_max = 16;
static_assert(schema_depth_max <= config_nesting_max);
/// Schemas within one schema, one for each key and each kind of item. A plugin with more has no readable documentation,
/// and every key of a file is looked for among those of its group.
inline constexpr std::size_t schema_nodes_max = 1'024;
/// Words of one enumeration: whoever writes another one is shown them all.
inline constexpr std::size_t schema_words_max = 256;
/// Values of one instance, with the defaults that are filled in: a list of networks may be long, but a short file of
/// empty groups must not become a large tree of defaults.
inline constexpr std::size_t plugin_values_max = 100'000;

// --- names --------------------------------------------------------------------------------------------------------

/// How long a resolved name is used without asking again, since getaddrinfo does not tell for how long its answer is
/// good. When an address does not answer, the name is asked again at once, unless its answer is from the last second.
inline constexpr auto name_fresh = 30s;
inline constexpr auto name_retry = 1s;
/// How long old addresses are used while the resolver fails.
inline constexpr auto name_stale_max = 1h;
/// Lookups at a time: each occupies a thread for as long as it takes, which is half a minute with a dead resolver.
inline constexpr std::size_t lookups_max = 8;
/// Names that are remembered: those of backends, and the server's.
inline constexpr std::size_t names_known_max = services_max + 1;

/// What a proxy on the way to the server may answer to CONNECT, with the fields: as much as other programs take.
inline constexpr std::size_t proxy_answer_bytes_max = 16_KiB;
/// User and password for a proxy: one byte says how long each is (RFC 1929).
inline constexpr std::size_t proxy_login_bytes_max = 255;

// --- log and events -------------------------------------------------------------------------------------------------

/// Lines of one kind that peers of a client or server may cause in the log: scanning a port must not fill a disk. With
/// some 30 kinds of 200 bytes this makes 120 KB a second at most.
inline constexpr std::uint32_t log_lines_per_second = 20;
/// Lines that only say that there is no room for more peers: the operator wants to know that, and who takes the room.
inline constexpr std::uint32_t crowd_lines_per_second = 1;
/// Lines about clients that have logged in and their services: a server that starts again has many of them at once.
inline constexpr std::uint32_t client_lines_per_second = 200;
/// Lines about visitors, each of whom may cause one: they are what a log at level info is for.
inline constexpr std::uint32_t visitor_lines_per_second = 50;
/// A server's events about logins and connections that it refuses, since anybody can cause them.
inline constexpr std::uint32_t strangers_told_per_second = 20;
/// A server's events about refused services of one connection, and its log lines about those of all clients: as many as
/// one message may have services.
inline constexpr std::uint32_t refusals_told_per_second = services_per_message_max;
/// Lines that wait for a slow sink, with the memory that they take: some thousand lines, a trifle for a server.
inline constexpr std::size_t log_waiting_bytes_max = 1_MiB;
/// How long a client or server waits at its end for a sink to take its lines; it ends even if nobody reads them.
inline constexpr auto log_patience = 1s;
/// Events that may wait for a slow handler: as many as a client with the largest number of services causes when its
/// connection breaks and comes back.
inline constexpr std::size_t events_waiting_max = 2 * services_max;  // NOLINT: small numbers

// --- the process --------------------------------------------------------------------------------------------------

inline constexpr std::uint32_t sessions_max = 4'096;
/// How many of these the clients of one token may have where there are other tokens, so that one token cannot keep all
/// the others out.
inline constexpr std::uint32_t sessions_per_token_max = sessions_max / 8 * 7;
static_assert(sessions_per_token_max >= trunks_per_tunnel_max);
/// Public ports that the clients of one token may have where there are other tokens: more than half of the ports that
/// the system chooses from (28,232) are left for the others.
inline constexpr std::uint32_t ports_per_token_max = 14'000;
/// The most that an operator may set for that, also where there is only one token.
inline constexpr std::uint32_t ports_per_token_settable_max = 65'535;
/// Memory of visitors' bytes, over all sessions of a client or server together: a share (one in so many) of the
/// machine's or container's memory, and the range that may be set. A session's own bounds are lowered so that they fit
/// into it several times.
inline constexpr std::uint64_t memory_share = 4;
inline constexpr std::uint64_t memory_min = 16_MiB;
inline constexpr std::uint64_t memory_settable_max = 1ULL << 50;
/// Where a server has several tokens, one of them gets this share (one in so many): the others' visitors find room.
inline constexpr std::uint64_t memory_token_share = 2;
/// What a stream counts while it holds nothing: the stream itself, its pump, the first segments of its queues.
inline constexpr std::uint32_t stream_cost = 2_KiB;
/// How often the memory of all sessions is summed up; the second time is for when there are no visitors.
inline constexpr auto memory_look_every = 100ms;
inline constexpr auto memory_look_idle = 1s;
static_assert(memory_min / 4 > stream_cost * opens_unanswered_per_service_max);  // NOLINT: small numbers
/// Threads of a client or server.
inline constexpr std::uint32_t workers_max = 256;
/// Microseconds that a worker out of work may look for more before it sleeps: to sleep and be woken takes less.
inline constexpr std::uint32_t busy_poll_max = 1'000;
/// Attempts in a row after which a client may be told to give up; a larger number would be as good as for ever.
inline constexpr std::uint32_t attempts_max = 1'000'000;

}  // namespace ferrotunnel::limits
