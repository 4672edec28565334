// Limits of the protocol and of sessions, each with its reason. The defaults here are what a process announces and
// enforces; docs/protocol.md describes what happens to a peer that exceeds one. Tests reach each limit and then exceed
// it by one.
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
/// A lower limit for peers that have not proved their token yet.
inline constexpr std::size_t control_payload_unauthenticated_max = 4_KiB;
/// Nesting depth of maps and arrays; deeper ones are an attack on recursive parsers.
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
/// Texts, in bytes of UTF-8. They reach logs and terminals, so they are short and without control characters.
inline constexpr std::size_t agent_text_max = 64;
inline constexpr std::size_t client_name_max = 64;
inline constexpr std::size_t session_text_max = 64;
inline constexpr std::size_t refused_text_max = 256;
inline constexpr std::size_t bind_text_max = 64;
inline constexpr std::size_t service_name_max = 253;  // a DNS name
inline constexpr std::size_t service_metadata_max = 1_KiB;
inline constexpr std::size_t public_address_max = 320;  // a URL with such a name
/// Counters in one `stats` message, and the length of their names.
inline constexpr std::size_t counters_max = 64;
inline constexpr std::size_t counter_name_max = 64;
/// The highest number of trunks of one tunnel that a hello may announce.
inline constexpr std::uint32_t trunks_max = 64;
/// Trunks that one tunnel may have here. Each has a session's memory budget and counts towards `sessions_max`. More
/// trunks than cores have no benefit, and losing one of sixteen is a small loss already.
inline constexpr std::uint32_t trunks_per_tunnel_max = 16;
static_assert(trunks_per_tunnel_max <= trunks_max);
/// A server counts as near if its round trip is below this: then cores are the scarce resource, and a client makes two
/// trunks by default. Farther away the link is scarce: two TCP connections may share it unevenly for most of a minute
/// (Jain's index of ten streams 0.59 to 1.00 at 100 ms), and so do the streams on them. On one trunk, streams share
/// evenly.
inline constexpr std::chrono::milliseconds near_round_trip{2};

// --- credit -------------------------------------------------------------------------------------------------------

/// Credit that a DATA frame costs beyond its payload, so that tiny frames cannot fill memory with queue slots for free.
inline constexpr std::uint32_t data_frame_cost = 64;
/// Credit that a new stream can use at once, so that data need not wait for a round trip.
inline constexpr std::uint32_t first_window = 64_KiB;
/// The first window of new streams while more than half of the session's budget is in use.
inline constexpr std::uint32_t first_window_tight = 8_KiB;
/// A frame that is cut short by credit carries at least this much; otherwise the sender waits for more credit.
inline constexpr std::uint32_t shortest_cut = 1_KiB;
/// The smallest first window that a peer may announce. Credit is returned when half of a small window was consumed, so
/// a window must hold twice the amount that a sender waits for, or both sides would wait forever.
inline constexpr std::uint32_t first_window_min = 4_KiB;
static_assert(first_window_min >= 2 * (data_frame_cost + shortest_cut));
/// OPENED raises the window to this while less than half of the budget is committed.
inline constexpr std::uint32_t opened_window = 256_KiB;
inline constexpr std::uint32_t window_max = 32_MiB;
/// Credit is returned once a quarter of the window was consumed, but not in smaller amounts than this (or half of a
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
/// Beyond this many real bytes, the streams that have held most for longest without progress for `stalled_after` are
/// reset. Beyond twice as many, streams with progress are reset too: otherwise a visitor that reads a byte every now
/// and then could hold any amount.
inline constexpr std::uint64_t session_memory_hard = 128_MiB;
inline constexpr auto stalled_after = 500ms;
/// One of this many stalled streams is reset at a time: resetting a single one each time would take an hour for the
/// memory of 16,384 streams.
inline constexpr std::size_t stalled_reset_one_of = 16;
/// After nothing was read from a stream for this long, the bytes it holds and its outstanding credit are excluded from
/// the budget: visitors that do not read must not leave all others with small windows. They still count for the hard
/// cap. The session checks for such streams at this interval while a quarter of the budget is in use.
inline constexpr auto set_aside_after = 10s;
inline constexpr auto set_aside_check_interval = 1s;
/// Bytes that one endpoint may queue for sending; beyond it, its socket is not read.
inline constexpr std::uint32_t send_queue_max = 64_KiB;
/// Unsent bytes that the kernel may hold for one visitor or backend. Without this limit it would accept megabytes
/// (`tcp_wmem`) for a peer that does not read, from the memory that all sockets of the machine share (`tcp_mem`).
inline constexpr std::uint32_t socket_unsent_max = 256_KiB;
/// Memory of all bytes that the streams of a session have queued for sending. Beyond half of it, or if the process is
/// short of memory, each stream may queue `send_queue_tight`; beyond all of it only `send_queue_full`: enough for
/// progress, and even the maximum number of streams at most doubles the total.
inline constexpr std::uint64_t session_outbound_max = 64_MiB;
inline constexpr std::uint32_t send_queue_tight = 16_KiB;
inline constexpr std::uint32_t send_queue_full = 4_KiB;
/// From this many queued bytes on the trunk counts as congested: data read from sockets may have to wait, so reads that
/// fill less than half of a slab are merged by copying.
inline constexpr std::uint64_t session_outbound_behind = 4_MiB;
/// Payloads below this size that cross threads are copied, so that a slow reader does not pin a slab of 64 KiB with
/// them.
inline constexpr std::uint32_t copy_below = 4_KiB;
/// After a read, the used part of a received slab is copied if it is smaller than this, so that it does not pin 64 KiB.
/// A whole frame is never copied, except while a quarter of the budget is in use or the process is short of memory.
inline constexpr std::uint32_t compact_below = data_payload_max / 2;
inline constexpr std::uint32_t compact_below_tight = 32_KiB;
/// Size of the slabs into which payloads are merged if their endpoint is slow: a quarter of the bytes that already
/// wait for the endpoint, within these bounds, so that little memory is allocated in advance. The smallest is 512 bytes
/// with its header.
inline constexpr std::uint32_t copies_slab_min = 480;
inline constexpr std::uint32_t copies_slab_max = 16_KiB;
static_assert(copies_slab_min < copies_slab_max);
/// How much one system call sends: bytes (what the trunk sends in `batch_time`, within these bounds) and pieces.
inline constexpr std::size_t batch_bytes_min = 32_KiB;
inline constexpr std::size_t batch_bytes_max = 256_KiB;
inline constexpr auto batch_time = 20ms;
inline constexpr std::size_t batch_pieces_max = 64;
/// Session frames (PING, GOAWAY, CONTROL) that may wait to be sent. All services of a client can be registered, and
/// answered one by one, in a single turn, and a peer that could not read meanwhile is not at fault.
inline constexpr std::size_t urgent_bytes_max = 4_MiB + 256_KiB;
/// Bytes that one stream may send in its turn: what the trunk sends in `turn_time`, within these bounds.
inline constexpr std::uint32_t quantum_min = 16_KiB;
inline constexpr std::uint32_t quantum_max = 64_KiB;
inline constexpr auto turn_time = 1ms;
/// A stream with at most this much waiting counts as sparse and goes first, once.
inline constexpr std::uint32_t sparse_bytes = 4_KiB;
/// Datagrams that may wait on one stream, in each direction: more than one round of reading a port adds for a visitor,
/// and most of those that one read of a trunk adds, before their readers have their turn.
inline constexpr std::size_t datagrams_queued_max = 1'024;
inline constexpr std::uint32_t datagram_bytes_queued_max = 1_MiB;
inline constexpr auto datagram_age_max = 200ms;

/// How long a visitor of a UDP service may be silent in both directions before it is forgotten: the range for services.
inline constexpr std::uint32_t udp_idle_ms_min = 1'000;
inline constexpr std::uint32_t udp_idle_ms_max = 3'600'000;
inline constexpr std::chrono::seconds udp_idle_default{60};
/// The client forgets its end of a visitor this much later than the server, so that the server decides when it ends.
inline constexpr std::chrono::seconds udp_idle_behind{1};
/// Visitors of one UDP port. Their addresses may be forged: at the limit, the visitor that has been silent for longest
/// is removed, if it was silent for this long. So a flood does not displace active visitors.
inline constexpr std::size_t udp_visitors_per_port_max = 4'096;
inline constexpr std::chrono::seconds udp_gives_way_after{5};
/// Datagrams that wait until the stream of a new visitor is open: for one visitor, and for all of a port.
inline constexpr std::size_t udp_unopened_datagrams_max = 16;
inline constexpr std::size_t udp_unopened_bytes_max = 128_KiB;
inline constexpr std::size_t udp_unopened_bytes_per_port_max = 4_MiB;
/// Buffer size that a UDP socket requests for each direction; the kernel grants as much as its settings allow.
inline constexpr int udp_socket_buffer = 4'194'304;

/// Memory of a resumable session for sent bytes that the peer has not confirmed, including pinned slabs. At this limit
/// data stops until the peer confirms; session frames continue, and beyond twice this and twice urgent_bytes_max the
/// session ends.
inline constexpr std::uint64_t resume_memory_usual = 16_MiB;
inline constexpr std::uint64_t resume_memory_min = 1_MiB;
inline constexpr std::uint64_t resume_memory_max = 1'024_MiB;
/// A session that waits for its connection is given up as a whole if the process needs at least this much of its
/// memory; for less it would not be worth it.
inline constexpr std::uint64_t resume_give_up_least = 64_KiB;
/// A side sends a confirmation of its own after this many bytes, up to four times as many with more memory; sooner
/// together with other frames.
inline constexpr std::uint64_t confirm_every = 256_KiB;
/// Smaller pieces are merged by copying when they are kept, since each would pin a slab of 64 KiB.
inline constexpr std::uint32_t keep_copied_below = 8_KiB;

static_assert(session_budget < session_memory_hard);
static_assert(resume_memory_usual <= session_outbound_max / 4, "streams keep their queues while as much is kept");
static_assert(confirm_every <= resume_memory_min / 4);
static_assert(session_outbound_behind < session_outbound_max);
static_assert(send_queue_full < send_queue_tight && send_queue_tight < send_queue_max);
static_assert(batch_bytes_min <= batch_bytes_max);
static_assert(quantum_min >= data_payload_max && quantum_min <= quantum_max);
static_assert(urgent_bytes_max >= 2 * control_payload_max);

/// TLS sessions that a client keeps for each of its backends, and how long one may be resumed.
inline constexpr std::size_t backend_sessions_max = 8;
inline constexpr std::chrono::hours backend_session_lifetime{1};

// --- streams ------------------------------------------------------------------------------------------------------

inline constexpr std::uint32_t streams_max = 16'384;
inline constexpr std::uint32_t opens_unanswered_max = 4'096;
inline constexpr std::uint32_t opens_unanswered_per_service_max = 256;
inline constexpr auto open_answer_deadline = 20s;
/// Visitors of one service on one trunk that wait until others are answered and a stream can be opened for them. There
/// are few for a TCP port: as soon as the first one waits, the others wait in the kernel. Those of TLS hosts share a
/// listener with other hosts. If a client answers nothing, a quarter of them is rejected every `open_answer_deadline`,
/// so that the last one waits for as long as browsers do.
inline constexpr std::size_t visitors_waiting_max = 1'024;
/// Visitors of public ports that wait for a client of their service to reconnect after the last one has left: at one
/// port, and at all ports of a server. Each uses a descriptor; bytes sent on a connection stay in the kernel. Memory of
/// all waiting datagrams: each port with some counts with `udp_unopened_bytes_per_port_max`.
inline constexpr std::size_t visitors_held_per_port_max = 1'024;
inline constexpr std::size_t visitors_held_max = 8'192;
inline constexpr std::size_t held_datagram_bytes_max = 128_MiB;
/// When a client is back, these visitors are assigned in steps, so that its other connections, and other members of its
/// group, get their share: half of the waiting ones at a time, but at least this many.
inline constexpr std::size_t visitors_released_at_once_min = 64;
inline constexpr std::chrono::milliseconds visitors_released_every{10};
/// TCP ports that a server opens and holds at its start because it remembers them.
inline constexpr std::size_t ports_held_at_start_max = 4'096;
/// How long a port is held, and the maximum setting; no visitor waits longer.
inline constexpr std::chrono::milliseconds ports_hold_default{3'000};
inline constexpr std::chrono::milliseconds ports_hold_max{60'000};
/// How long the client waits for a connection to a backend; less than `open_answer_deadline`, so that the visitor's
/// side receives the reason.
inline constexpr auto backend_connect_deadline = 10s;
inline constexpr std::uint32_t stream_id_max = 0x7fff'ffff;
/// A session that has used this many of its ids is replaced by a new one.
inline constexpr std::uint32_t stream_id_rotate = stream_id_max / 4 * 3;
/// Replaced sessions of one trunk that stay until their visitors finish. Ids last for days; if a server requests new
/// sessions too often, the connections of the oldest one's visitors are reset.
inline constexpr std::size_t sessions_retiring_max = 4;

// --- hosts of HTTP services -----------------------------------------------------------------------------------------

/// Hosts of one service, and the longest text of one: a DNS name of 253 bytes after "**.".
inline constexpr std::size_t http_hosts_per_service_max = 16;
inline constexpr std::size_t http_host_text_max = 256;
/// Hosts that one session may hold, over all its services.
inline constexpr std::size_t http_hosts_per_session_max = 4'096;
inline constexpr std::size_t http_path_text_max = 1_KiB;
/// Bytes of the hosts of one session as text, each counted with the path of its service, since each is stored several
/// times. Enough for the maximum number of hosts, of any length, with short paths.
inline constexpr std::size_t http_names_bytes_per_session_max = http_hosts_per_session_max * (http_host_text_max + 16);
/// Limits of the rules of one service: header fields in each direction, which count as edits of a head; the lengths of
/// names, values, a Host with its port and a redirect's target; and all texts together, with the overhead of each rule
/// in a message.
inline constexpr std::size_t http_header_rules_max = 32;
inline constexpr std::size_t http_header_rule_name_max = 256;
inline constexpr std::size_t http_header_rule_value_max = 4_KiB;
inline constexpr std::size_t http_header_rule_bytes = 8;
inline constexpr std::size_t http_other_rule_bytes = 48;
inline constexpr std::size_t http_host_header_max = http_host_text_max + 8;
inline constexpr std::size_t http_redirect_text_max = 1_KiB;
inline constexpr std::size_t http_rules_bytes_max = 8_KiB;
/// The limit for the rules of all services of one session together.
inline constexpr std::size_t http_rules_bytes_per_session_max = 256_KiB;
/// The maximum for services; operators may allow less (directory::HttpBounds).
inline constexpr auto http_first_byte_max = 24h;
inline constexpr auto http_upgraded_idle_max = 24h * 7;
inline constexpr std::uint64_t http_body_rate_max = 1'024 * 1_MiB;
inline constexpr std::uint64_t http_body_bytes_max = 0x7fff'ffff'ffff'ffff;  // as of a Content-Length
/// How long after its client has left a host stays known and reserved for its token: its visitors get 503 instead of
/// 404, and no other token can use it. The second limit is for all such hosts together: beyond it, the token with most
/// of them loses the host that has been offline longest.
inline constexpr auto http_host_known_for = 24h;
inline constexpr std::size_t http_known_hosts_max = 16'384;

// --- floods -------------------------------------------------------------------------------------------------------

/// Pongs that are not sent yet. A peer that pings faster than it reads violates the protocol.
inline constexpr std::uint32_t pongs_pending_max = 4;
/// Minimum size of the dashboard's secret. A secret's file has at most 4 KiB.
inline constexpr std::size_t dashboard_secret_min = 16;
/// Services that one client may register.
inline constexpr std::uint32_t services_max = 1'024;
/// Registrations of a client on one connection: all services twice at once, and this many per second from then on. Each
/// costs sockets, lines of output and time of others, and could be undone at once.
inline constexpr std::uint32_t registrations_at_once_max = 2 * services_max;
inline constexpr std::uint32_t registrations_per_second_max = 64;
/// Size of one service in a message, estimated generously.
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

/// Size of a request's or response's head, up to the empty line and with all line ends: memory that one visitor may use
/// before a route is known.
inline constexpr std::size_t http_head_max = 64_KiB;
/// One line of a head. Cookies are usually the longest, and browsers keep each of them below 4 KiB.
inline constexpr std::size_t http_line_max = 16_KiB;
/// Fields of a head. It can be set lower but not higher.
inline constexpr std::size_t http_fields_max = 100;
/// Further fields of a head for names that an edge adds when it forwards (http::is_edge_field): a dozen at most, five
/// about a client certificate, and one Via more for each further edge. Without them a request with `http_fields_max`
/// fields would pass one edge and be rejected by the next one.
inline constexpr std::size_t http_edge_fields_max = 24;
/// The capacity of a parser.
inline constexpr std::size_t http_fields_room = http_fields_max + http_edge_fields_max;
inline constexpr std::size_t http_target_max = 8_KiB;
/// No registered method has more than 17 letters.
inline constexpr std::size_t http_method_max = 32;
/// Extensions of all chunks of one message: they are ignored, and must not be a way to send forever.
inline constexpr std::size_t http_chunk_extensions_max = 4_KiB;
inline constexpr std::size_t http_chunk_size_digits_max = 16;
inline constexpr std::size_t http_trailers_max = 8_KiB;
/// Total length of the protocol names that a request offers in Upgrade; a longer list counts as no offer.
inline constexpr std::size_t http_upgrade_offer_max = 62;
/// Elements of Connection fields. Each is searched among the fields; one or two are usual.
inline constexpr std::size_t http_connection_options_max = 32;
/// Fields that plugins add, set or remove in one head: more than any of them needs, few enough for a linear search.
inline constexpr std::size_t plugin_edits_max = 32;
/// Fields removed from the head of a body that plugins transform: its digests, Accept-Ranges, a strong ETag.
inline constexpr std::size_t plugin_body_edits = 8;
/// Fields that rules add, set or remove in one head, together with those that the edge itself sets, and plugins.
inline constexpr std::size_t http_edits_max = 64 + plugin_edits_max + plugin_body_edits;
/// The chain of proxies in X-Forwarded-For or Forwarded; of a longer one the right part is kept.
inline constexpr std::size_t http_forwarded_max = 2_KiB;
inline constexpr std::size_t http_request_id_max = 128;
/// Interim responses (1xx) before a final response: a backend that only sends these does not answer.
inline constexpr std::uint32_t http_interims_max = 64;
/// After a backend has closed a connection, the client reports how much the backend had received; the edge waits at
/// most this long for the report.
inline constexpr auto http_count_follows = 1s;
/// Plugins: instances of a chain, each of which may be called for every request; texts of edits and notes for one
/// exchange; a response of their own, its fields and the length of a refusal's code; and the exchanges of a worker that
/// may wait for a decision (half of them for one instance), with the memory of their heads.
inline constexpr std::size_t plugin_instances_max = 64;
inline constexpr std::size_t plugin_texts_max = 16_KiB;
inline constexpr std::size_t plugin_notes_max = 32;
inline constexpr std::size_t plugin_answer_max = 1_MiB;
inline constexpr std::size_t plugin_answer_fields_max = 16;
inline constexpr std::size_t plugin_code_max = 64;
inline constexpr std::size_t plugin_waiting_max = 1'024;
inline constexpr std::size_t plugin_waiting_heads_max = 16_MiB;
/// Bodies for plugins: the default and maximum size of a collected body, and the total for the exchanges of a worker;
/// output of a transform that may wait before it gets no more input, its maximum output in one call, and the number of
/// observers and transforms of one body.
inline constexpr std::size_t plugin_collect_default = 64_KiB;
inline constexpr std::size_t plugin_collect_max = 1_MiB;
inline constexpr std::size_t plugin_collected_max = 16_MiB;
inline constexpr std::size_t plugin_body_waiting_max = 64_KiB;
inline constexpr std::size_t plugin_body_output_max = 1_MiB;
inline constexpr std::size_t plugin_body_stages_max = 2 * plugin_instances_max;
/// Descriptors reserved for logins of clients and for the HTTP edge, since the number and duration of visits to public
/// TCP ports are unlimited: an eighth of the process's limit, but not more than this.
inline constexpr std::uint64_t descriptors_reserved_max = 1'024;
/// Range for an operator's limits of requests' heads, which each connection can make the server hold. Targets cannot be
/// longer, since the buffers for readings of a path are fixed. Below the lower bounds browsers would be rejected.
inline constexpr std::size_t http_head_settable_min = 1_KiB;
inline constexpr std::size_t http_head_settable_max = 256_KiB;
inline constexpr std::size_t http_line_settable_min = 256;
inline constexpr std::size_t http_line_settable_max = 64_KiB;
inline constexpr std::size_t http_target_settable_min = 64;
/// Maximum settings for visitors' connections and idle connections to backends: more than there are descriptors.
inline constexpr std::uint32_t http_connections_settable_max = 1'000'000;
inline constexpr std::uint32_t http_requests_settable_max = 1'000'000'000;
inline constexpr std::uint32_t http_body_rate_settable_max = 1'000'000'000;
inline constexpr std::uint32_t http_linger_settable_max = 1024_MiB;
/// How long a visitor may continue sending after its last response.
inline constexpr std::chrono::seconds http_linger_timeout{30};
inline constexpr std::uint32_t http_replay_settable_max = 1_MiB;
/// Cost of each buffered piece of a request beyond its bytes, about its real overhead, so that chunks of one byte are
/// not free.
inline constexpr std::uint32_t http_replay_piece_cost = 192;
/// Networks in `trusted_proxies`, which are searched linearly for each connection.
inline constexpr std::size_t http_trusted_proxies_max = 1'024;
inline constexpr std::size_t http_via_max = 64;
/// Custom pages of the operator; together with `http_page_max` this limits their memory.
inline constexpr std::size_t http_pages_max = 1'024;

static_assert(http_target_max < http_line_max && http_line_max <= http_head_max);
static_assert(http_trailers_max <= http_line_max);
static_assert(http_forwarded_max < http_line_max);

// --- time ---------------------------------------------------------------------------------------------------------

inline constexpr auto ping_interval = 15s;
inline constexpr auto dead_interval = 45s;
/// Minimum intervals that a server may request of its clients instead of those above, so that it cannot cause a flood
/// of pings or disconnects after short silences.
inline constexpr auto ping_asked_min = 1s;
inline constexpr auto dead_asked_min = 3s;
inline constexpr auto write_timeout = 30s;
inline constexpr auto handshake_deadline = 10s;
/// How long a stream with one closed end may stay without progress; then it ends, since the other end will probably
/// never read the rest. Proxies give up writing to a silent client after about as long, and a kernel keeps the closed
/// connection of an exited program for about as long (FIN_WAIT2). A direction that has ended in order does not count as
/// a closed end.
inline constexpr auto orphan_timeout = 60s;
/// How long a session may be resumed, counted from the last received byte, if resuming is enabled. The server waits a
/// little longer, so that only the client decides that it is too late.
inline constexpr auto resume_usual = 30s;
inline constexpr auto resume_min = 5s;
inline constexpr auto resume_max = 300s;
inline constexpr auto resume_server_waits = 5s;
/// Divisors of the resume time: without a byte for 1/6 of it, a side of a resumable session sends a ping; after 1/3, it
/// treats the connection as lost, so that two thirds are left for a new one.
inline constexpr int resume_ping_part = 6;
inline constexpr int resume_dead_part = 3;
/// How long a peer may confirm nothing while the kept bytes are at their limit and only session frames are sent. The
/// confirmation was requested long before, and bytes in flight on the slowest link have arrived by then.
inline constexpr auto resume_confirm_timeout = 60s;
/// Interval of a client's attempts to reconnect, and time limit of each until TCP has connected: after a network outage
/// a new attempt is faster than the next retransmission of a long one.
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
/// Expressions come from clients and are tried one after the other, in time linear in the path. Their cost for a
/// request is therefore bounded by the number for one host, and by the length of the path; a longer path matches none
/// of them.
inline constexpr std::size_t http_path_regexes_per_host_max = 8;
inline constexpr std::size_t http_path_regex_path_max = 2_KiB;
/// Paths of one host, over all clients that share it; paths of disconnected clients are removed if necessary. A change
/// of one path rebuilds the host's table, and other clients' registrations wait meanwhile.
inline constexpr std::size_t http_paths_per_host_max = 1'024;
static_assert(http_paths_per_host_max >= services_max);
static_assert(http_header_rules_max <= (http_edits_max - plugin_edits_max) / 2);
/// Size of an operator's custom page, which is held in memory and filled in for each visitor.
inline constexpr std::size_t http_page_max = 256_KiB;
/// Strict-Transport-Security: ten years at most; and the minimum for the browsers' preload lists.
inline constexpr std::chrono::seconds http_hsts_max_age_max{315'360'000};
inline constexpr std::chrono::seconds http_hsts_preload_age_min{31'536'000};

// --- before a visitor's first request ------------------------------------------------------------------

/// A ClientHello together with the records that carry it. Browsers send 0.5 to 2 KiB; post-quantum keys and padding may
/// make it larger than one record, but never this large.
inline constexpr std::size_t client_hello_bytes_max = 64_KiB;
/// Names in a ClientHello's list of protocols (ALPN), each of which costs an allocation. Browsers offer two.
inline constexpr std::size_t client_hello_protocols_max = 64;
/// A header of the PROXY protocol: addresses take 52 bytes, and the rest are TLVs, such as a certificate's names. The
/// protocol itself limits the line of version 1 to 107 bytes.
inline constexpr std::size_t proxy_header_bytes_max = 4_KiB;

// --- certificates for visitors ------------------------------------------------------------------------------------

/// One file in PEM form; a chain takes a few thousand bytes. A larger file is not a certificate and is not read.
inline constexpr std::size_t pem_file_bytes_max = 1_MiB;
/// Names of one certificate. Certificate authorities allow a hundred.
inline constexpr std::size_t certificate_names_max = 1'000;
/// Intermediate certificates after one certificate.
inline constexpr std::size_t certificate_chain_max = 16;
/// Entries of a folder of certificates; more are probably a mistake, such as the root of a disk.
inline constexpr std::size_t certificate_folder_entries_max = 200'000;
/// How often certificate files may be checked (ten thousand take 64 ms). The keys of tickets are changed in the same
/// rounds.
inline constexpr auto certificate_reload_min = 100ms;
inline constexpr auto certificate_reload_max = 1h;
/// The certificates of one use that status, metrics and dashboard list: those that expire first.
inline constexpr std::size_t certificates_listed_max = 100;
/// How long a visitor's TLS session can be resumed, and how often the key that seals tickets changes. With this many
/// keys kept, a ticket can be opened for as long as its session lives.
inline constexpr auto visitor_session_lifetime = 8h;
inline constexpr auto ticket_key_seals_for = 4h;
inline constexpr std::size_t ticket_keys_kept = 3;
static_assert(certificate_reload_max < ticket_key_seals_for);
static_assert((ticket_keys_kept - 1) * ticket_key_seals_for >= visitor_session_lifetime);

/// TLS handshakes per second with visitors of one address; ten times as many may arrive at once. A home may make twice
/// as many, a block five times as many. This rate takes a tenth of a core with an RSA certificate of 2,048 bits, most
/// of a core with 4,096 bits, a fiftieth with ECDSA. It is enough for a city behind one address, whose browsers reuse
/// connections. The second number is the maximum setting.
inline constexpr std::uint32_t visitor_handshakes_per_second = 200;
inline constexpr std::uint32_t visitor_handshakes_settable_max = 1'000'000;

// --- peers that have not proved their token -----------------------------------------------------------------------

/// Connections whose peers have not proved their token: in total; of one address (IPv6: /64); of one home (IPv6: /56);
/// and of one block (IPv4: /24, IPv6: /48). At a limit the oldest is closed.
inline constexpr std::uint32_t unauthenticated_max = 1'024;
inline constexpr std::uint32_t unauthenticated_per_address_max = 64;
inline constexpr std::uint32_t unauthenticated_per_home_max = 256;
inline constexpr std::uint32_t unauthenticated_per_block_max = 512;
/// Connections of one address to the control port, each of which costs a TLS handshake: at once, and then per second.
/// Enough for the clients of a large network behind one address that all reconnect after a restart.
inline constexpr std::uint32_t logins_at_once_max = 200;
inline constexpr std::uint32_t logins_per_second_max = 50;
/// The limits of such connections for one home, and for one block.
inline constexpr std::uint32_t logins_of_home_at_once_max = 400;
inline constexpr std::uint32_t logins_of_home_per_second_max = 100;
inline constexpr std::uint32_t logins_of_block_at_once_max = 1'000;
inline constexpr std::uint32_t logins_of_block_per_second_max = 250;
/// Addresses, homes and blocks whose connections are counted in this way. An entry is dropped when its network could
/// make as many at once again, after four seconds at most; peers from more blocks than this within these seconds
/// are not limited.
inline constexpr std::size_t login_addresses_max = 8'192;
// A connection is not displaced for at least a second, however fast others of the same address, home or block arrive: a
// login takes a few round trips.
static_assert(unauthenticated_per_address_max > logins_per_second_max);
static_assert(unauthenticated_per_home_max > logins_of_home_per_second_max);
static_assert(unauthenticated_per_block_max > logins_of_block_per_second_max);

/// Wrong tokens of one address without consequences: a person mistypes one, or several clients have an old one. Each
/// further one blocks the address for weak tokens, at first for a second and then each time for twice as long, so that
/// an attacker has a hundred guesses a day. The count is dropped a day after the last wrong token. Homes and blocks
/// have more free ones.
inline constexpr std::uint32_t wrong_tokens_free = 10;
inline constexpr std::uint32_t wrong_tokens_of_home_free = 20;
inline constexpr std::uint32_t wrong_tokens_of_block_free = 40;
inline constexpr auto wrong_token_wait_first = 1s;
inline constexpr auto wrong_token_wait_max = 15min;
inline constexpr auto wrong_tokens_known_for = 24h;
/// Beyond the free ones, one of this many wrong tokens also counts for the home and the block of the address: an
/// attacker with many addresses gets them blocked, a single neighbour does not.
inline constexpr std::uint32_t wrong_tokens_for_wider = 8;
/// Addresses, homes and blocks whose wrong tokens are remembered. At the limit, those that were never blocked are
/// remembered for an hour only; a network that is not remembered shares a record with the rest of its region, of which
/// there are this many.
inline constexpr std::size_t wrong_token_networks_max = 8'192;
inline constexpr auto wrong_tokens_free_known_for = 1h;
inline constexpr std::size_t wrong_token_regions = 1'024;
/// Tokens that are remembered as wrong for one network, so that a client that keeps retrying with an old one counts
/// once.
inline constexpr std::size_t wrong_tokens_kept = 8;

// --- configuration files ------------------------------------------------------------------------------------------

/// Size of a configuration file. A larger one is probably the wrong file.
inline constexpr std::size_t config_file_bytes_max = 1_MiB;
/// Nesting depth of lists and groups of keys; parsers and destructors recurse on them.
inline constexpr std::size_t config_nesting_max = 16;
/// Number of keys and values: a file of only brackets would take a hundred times its size in memory.
inline constexpr std::size_t config_values_max = 50'000;
/// Problems that are reported at once. More are not useful, and a wrong file may have one in every line.
inline constexpr std::size_t config_problems_max = 100;
/// Length of the value of a variable that a file names, and of a text in the file with its variables replaced.
inline constexpr std::size_t config_text_max = 64_KiB;
/// The longest time that can be configured; four months are far from an overflow of milliseconds.
inline constexpr auto config_time_max = std::chrono::milliseconds(10'000'000'000);

// --- settings of plugins ------------------------------------------------------------------------------------------

/// Nesting depth of a schema, including its root: not deeper than configuration files. Checks recurse on it.
inline constexpr std::size_t schema_depth_max = 16;
static_assert(schema_depth_max <= config_nesting_max);
/// Schemas within one schema, one for each key and each kind of item. A plugin with more has no readable documentation,
/// and each key of a file is searched among those of its group.
inline constexpr std::size_t schema_nodes_max = 1'024;
/// Words of one enumeration: an error message lists all of them.
inline constexpr std::size_t schema_words_max = 256;
/// Values of one instance, including defaults: a list of networks may be long, but a short file of empty groups must
/// not become a large tree of defaults.
inline constexpr std::size_t plugin_values_max = 100'000;

// --- names --------------------------------------------------------------------------------------------------------

/// How long a resolved name is cached, since getaddrinfo does not return a lifetime. If an address does not answer, the
/// name is resolved again at once, unless the result is from the last second.
inline constexpr auto name_fresh = 30s;
inline constexpr auto name_retry = 1s;
/// How long old addresses are used while the resolver fails.
inline constexpr auto name_stale_max = 1h;
/// Concurrent lookups: each occupies a thread for its duration, which is half a minute with a dead resolver.
inline constexpr std::size_t lookups_max = 8;
/// Names in the cache: those of backends, and the server's.
inline constexpr std::size_t names_known_max = services_max + 1;

/// Size of a proxy's response to CONNECT, with its fields: as much as other programs accept.
inline constexpr std::size_t proxy_answer_bytes_max = 16_KiB;
/// Maximum length of a proxy's user name, and of its password: SOCKS5 sends each length in one byte (RFC 1929).
inline constexpr std::size_t proxy_login_bytes_max = 255;

// --- log and events -------------------------------------------------------------------------------------------------

/// Log lines of one kind per second that peers of a client or server may cause: scanning a port must not fill a disk.
/// With some 30 kinds of 200 bytes this is 120 KB a second at most.
inline constexpr std::uint32_t log_lines_per_second = 20;
/// Lines that only report that a limit of peers is reached: the operator needs to know that, and which peers use it up.
inline constexpr std::uint32_t limit_lines_per_second = 1;
/// Lines about clients that have logged in and their services: a restarted server has many of them at once.
inline constexpr std::uint32_t client_lines_per_second = 200;
/// Lines about visitors, each of which may cause one: the purpose of a log at level info.
inline constexpr std::uint32_t visitor_lines_per_second = 50;
/// A server's events about refused logins and connections, since anyone can cause them.
inline constexpr std::uint32_t unauthenticated_events_per_second = 20;
/// A server's events about refused services of one connection, and its log lines about those of all clients: as many as
/// one message may have services.
inline constexpr std::uint32_t refusal_events_per_second = services_per_message_max;
/// Memory of lines that wait for a slow sink: some thousand lines, little for a server.
inline constexpr std::size_t log_waiting_bytes_max = 1_MiB;
/// How long a client or server waits at its end until a sink has processed its lines; then it ends anyway.
inline constexpr auto log_flush_timeout = 1s;
/// Events that may wait for a slow handler: as many as a client with the maximum number of services causes when its
/// connection breaks and is restored.
inline constexpr std::size_t events_waiting_max = 2 * services_max;  // NOLINT: small numbers

// --- the process --------------------------------------------------------------------------------------------------

inline constexpr std::uint32_t sessions_max = 4'096;
/// Maximum for the clients of one token if there are others, so that one token cannot keep all the others out.
inline constexpr std::uint32_t sessions_per_token_max = sessions_max / 8 * 7;
static_assert(sessions_per_token_max >= trunks_per_tunnel_max);
/// Public ports for the clients of one token if there are others: more than half of the system's ephemeral ports
/// (28,232) are left for the others.
inline constexpr std::uint32_t ports_per_token_max = 14'000;
/// Maximum setting of the ports per token, also with a single token.
inline constexpr std::uint32_t ports_per_token_settable_max = 65'535;
/// Memory of visitors' bytes, over all sessions of a client or server together: a share (as divisor) of the machine's
/// or container's memory, and the range of the setting. A session's own limits are lowered so that they fit into it
/// several times.
inline constexpr std::uint64_t memory_share = 4;
inline constexpr std::uint64_t memory_min = 16_MiB;
inline constexpr std::uint64_t memory_settable_max = 1ULL << 50;
/// With several tokens, a single one gets at most this share (as divisor), so that there is room for the others'
/// visitors.
inline constexpr std::uint64_t memory_token_share = 2;
/// Memory cost of a stream without data: the stream itself, its pump, the first segments of its queues.
inline constexpr std::uint32_t stream_cost = 2_KiB;
/// How often the memory of all sessions is summed up; the second value is for times without visitors.
inline constexpr auto memory_survey_interval = 100ms;
inline constexpr auto memory_survey_interval_idle = 1s;
static_assert(memory_min / 4 > stream_cost * opens_unanswered_per_service_max);  // NOLINT: small numbers
/// Threads of a client or server.
inline constexpr std::uint32_t workers_max = 256;
/// Microseconds that a worker without work may poll for more before it sleeps: sleeping and waking up takes less.
inline constexpr std::uint32_t busy_poll_max = 1'000;
/// Maximum setting for the attempts in a row after which a client gives up; a larger number would mean forever.
inline constexpr std::uint32_t attempts_max = 1'000'000;

}  // namespace ferrotunnel::limits
