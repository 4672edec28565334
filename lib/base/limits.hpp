// Every limit of the protocol and of what a session may hold, with its reason. The defaults here are what a process
// announces and enforces; docs/protocol.md says what happens to who passes one. A test reaches each and passes it by
// one.
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
/// Before a peer has proved its token it gets less of our memory.
inline constexpr std::size_t control_payload_unauthenticated_max = 4_KiB;
/// Maps and arrays inside each other; deeper ones are an attack on whoever recurses.
inline constexpr std::size_t control_nesting_max = 8;
/// Keys or elements of one map or array of a control message.
inline constexpr std::size_t control_items_max = 1'024;
inline constexpr std::size_t open_metadata_max = 1_KiB;
inline constexpr std::size_t open_host_max = 255;  // a name of the DNS
inline constexpr std::size_t goaway_text_max = 256;
inline constexpr std::size_t ping_payload_bytes = 8;

// --- control messages ---------------------------------------------------------------------------------------------

/// Services in one `register` or `registered` message; more take several messages.
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
/// Counters of one `stats` message, and how long their names may be.
inline constexpr std::size_t counters_max = 64;
inline constexpr std::size_t counter_name_max = 64;
/// Trunks of one tunnel that a hello may speak of.
inline constexpr std::uint32_t trunks_max = 64;
/// Trunks that one tunnel may have here. Each has a session's budget of memory and a place among `sessions_max`; more
/// than there are cores bring nothing, and what is lost with one of sixteen is little already.
inline constexpr std::uint32_t trunks_per_tunnel_max = 16;
static_assert(trunks_per_tunnel_max <= trunks_max);
/// A server is near below this: then cores are what is scarce, and a client that was not told otherwise makes two
/// trunks. Farther away it is the line: two TCP connections may share that unevenly for most of a minute (Jain's index
/// of ten streams 0.59 to 1.00 at 100 ms), and with them the streams that are on each. On one trunk streams share
/// exactly.
inline constexpr std::chrono::milliseconds near_round_trip{2};

// --- credit -------------------------------------------------------------------------------------------------------

/// What a DATA frame costs beyond its payload, so that tiny frames can not fill memory with queue slots for free.
inline constexpr std::uint32_t data_frame_cost = 64;
/// Usable at once on a new stream: no round trip before data.
inline constexpr std::uint32_t first_window = 64_KiB;
/// The same for new streams while more than half of the session's budget is in use.
inline constexpr std::uint32_t first_window_tight = 8_KiB;
/// A frame that credit cuts short carries at least this much, or waits for more credit.
inline constexpr std::uint32_t shortest_cut = 1_KiB;
/// The smallest first window that a peer may announce. Credit comes back when half of a small window was taken, so a
/// window must hold twice what a sender waits for, or both would wait for ever.
inline constexpr std::uint32_t first_window_min = 4_KiB;
static_assert(first_window_min >= 2 * (data_frame_cost + shortest_cut));
/// To what OPENED raises the window while less than half of the budget is committed.
inline constexpr std::uint32_t opened_window = 256_KiB;
inline constexpr std::uint32_t window_max = 32_MiB;
/// Credit is given back at a quarter of the window, but not in smaller pieces than this (or half of a smaller window).
inline constexpr std::uint32_t credit_return_min = 16_KiB;
/// One peer-announced number of credit; more than this outstanding on a stream is a violation.
inline constexpr std::uint64_t credit_outstanding_max = 1ULL << 31;
/// After this long without BLOCKED a window shrinks by half; after the longer time without data, to the first window.
inline constexpr auto window_shrink_after = 10s;
inline constexpr auto window_reset_after = 30s;

static_assert(first_window_tight >= data_payload_max / 2);
static_assert(first_window < opened_window && opened_window < window_max);
static_assert(credit_return_min * 4 <= first_window);

// --- memory -------------------------------------------------------------------------------------------------------

/// Bytes held plus credit granted beyond the first windows, per session.
inline constexpr std::uint64_t session_budget = 64_MiB;
/// Beyond this many real bytes, the streams that hold most for longest and have not moved for `stalled_after` are
/// reset; beyond twice as many, those that move as well: else who takes a byte every now and then could hold any
/// amount.
inline constexpr std::uint64_t session_memory_hard = 128_MiB;
inline constexpr auto stalled_after = 500ms;
/// One in so many of those is reset at a time: a single one each time would take an hour for what 16,384 can hold.
inline constexpr std::size_t stalled_reset_one_of = 16;
/// What a stream holds, and may still be sent, is left out of the budget when nothing was taken from it for this long:
/// visitors who do not read must not leave all others with small windows for as long as they stay. It counts for the
/// hard cap. Looked at this often while a quarter of the budget is in use.
inline constexpr auto set_aside_after = 10s;
inline constexpr auto set_aside_look_every = 1s;
/// Queued by one endpoint for sending; then its socket is not read.
inline constexpr std::uint32_t send_queue_max = 64_KiB;
/// What the kernel holds for a visitor or backend, of what it may not send yet: else it takes what one that does not
/// read is sent, megabytes each (`tcp_wmem`), from the memory that all sockets of the machine share (`tcp_mem`).
inline constexpr std::uint32_t socket_unsent_max = 256_KiB;
/// What all streams of a session have queued for sending, as it is in memory. Beyond half of it, or where the process
/// is short of memory, each stream may queue `send_queue_tight`; beyond it only `send_queue_full`: enough to move on,
/// and with as many streams as there may be no more than as much again.
inline constexpr std::uint64_t session_outbound_max = 64_MiB;
inline constexpr std::uint32_t send_queue_tight = 16_KiB;
inline constexpr std::uint32_t send_queue_full = 4_KiB;
/// From that much on the trunk is behind: what is read from sockets is copied together where it fills less than half
/// of a slab, since it may have to wait.
inline constexpr std::uint64_t session_outbound_behind = 4_MiB;
/// Payloads below this that cross threads are copied, so that a slow reader does not pin a slab of 64 KiB with them.
inline constexpr std::uint32_t copy_below = 4_KiB;
/// Less than this that is left of a slab is copied after a read, so that it does not pin 64 KiB: never a whole frame,
/// except while a quarter of the budget is in use or the process is short of memory.
inline constexpr std::uint32_t compact_below = data_payload_max / 2;
inline constexpr std::uint32_t compact_below_tight = 32_KiB;
/// Slabs for payloads that are copied together, since their endpoint is behind: a quarter of what waits for it already,
/// within these bounds, so that little is taken for what may never come. The smallest is 512 bytes with its header.
inline constexpr std::uint32_t copies_slab_min = 480;
inline constexpr std::uint32_t copies_slab_max = 16_KiB;
static_assert(copies_slab_min < copies_slab_max);
/// Sent in one system call: bytes (what the trunk takes in `batch_time`, between these) and pieces.
inline constexpr std::size_t batch_bytes_min = 32_KiB;
inline constexpr std::size_t batch_bytes_max = 256_KiB;
inline constexpr auto batch_time = 20ms;
inline constexpr std::size_t batch_pieces_max = 64;
/// Session frames (PING, GOAWAY, CONTROL) waiting to be sent. All of a client's services can be registered, and
/// answered one by one, in a single turn: a peer that could not read meanwhile is not at fault.
inline constexpr std::size_t urgent_bytes_max = 4_MiB;
/// What one stream may send in its turn: what the trunk takes in `turn_time`, between these.
inline constexpr std::uint32_t quantum_min = 16_KiB;
inline constexpr std::uint32_t quantum_max = 64_KiB;
inline constexpr auto turn_time = 1ms;
/// A stream with at most this much waiting counts as sparse and goes first, once.
inline constexpr std::uint32_t sparse_bytes = 4_KiB;
/// Datagrams waiting on one stream, in each direction.
inline constexpr std::size_t datagrams_queued_max = 64;
inline constexpr std::uint32_t datagram_bytes_queued_max = 256_KiB;
inline constexpr auto datagram_age_max = 200ms;

static_assert(session_budget < session_memory_hard);
static_assert(session_outbound_behind < session_outbound_max);
static_assert(send_queue_full < send_queue_tight && send_queue_tight < send_queue_max);
static_assert(batch_bytes_min <= batch_bytes_max);
static_assert(quantum_min >= data_payload_max && quantum_min <= quantum_max);
static_assert(urgent_bytes_max >= 2 * control_payload_max);

/// TLS sessions that a client keeps for each of its backends, and for how long one is resumed at the most.
inline constexpr std::size_t backend_sessions_max = 8;
inline constexpr std::chrono::hours backend_session_lifetime{1};

// --- streams ------------------------------------------------------------------------------------------------------

inline constexpr std::uint32_t streams_max = 16'384;
inline constexpr std::uint32_t opens_unanswered_max = 4'096;
inline constexpr std::uint32_t opens_unanswered_per_service_max = 256;
inline constexpr auto open_answer_deadline = 20s;
/// Visitors of one service on one trunk for whom no stream can be opened before others are answered. Those of a TCP
/// port wait in the kernel instead as soon as the first one waits here, and are few; those of TLS hosts share a
/// listener with others. A client that answers nothing lets one in four go every `open_answer_deadline`: the last waits
/// for as long as browsers do.
inline constexpr std::size_t visitors_waiting_max = 1'024;
/// The client gives a backend this long; less than the above, so that the visitor's side hears why.
inline constexpr auto backend_connect_deadline = 10s;
inline constexpr std::uint32_t stream_id_max = 0x7fff'ffff;
/// A session is replaced by a fresh one when it has used this many of its ids.
inline constexpr std::uint32_t stream_id_rotate = stream_id_max / 4 * 3;
/// Sessions of one trunk that were replaced so and whose visitors finish. Ids last for days; a server that asks for
/// ever new sessions ends the visitors of the oldest one.
inline constexpr std::size_t sessions_retiring_max = 4;

// --- hosts of HTTP services -----------------------------------------------------------------------------------------

/// Hosts of one service, and how long one may be: a DNS name of 253 bytes behind "**.".
inline constexpr std::size_t http_hosts_per_service_max = 16;
inline constexpr std::size_t http_host_text_max = 256;
/// Hosts that one session may hold, over all its services.
inline constexpr std::size_t http_hosts_per_session_max = 4'096;
inline constexpr std::size_t http_path_text_max = 1_KiB;
/// What the hosts of one session take as text, each with the path of its service: each is kept several times. As many
/// as there may be, of any length, below short paths.
inline constexpr std::size_t http_names_bytes_per_session_max = http_hosts_per_session_max * (http_host_text_max + 16);
/// Rules of one service: fields in each direction, which take places among the edits of a head; how long names, values,
/// a Host with its port and a redirect's target may be; and all texts together, with what each rule takes beside them
/// in a message.
inline constexpr std::size_t http_header_rules_max = 32;
inline constexpr std::size_t http_header_rule_name_max = 256;
inline constexpr std::size_t http_header_rule_value_max = 4_KiB;
inline constexpr std::size_t http_header_rule_bytes = 8;
inline constexpr std::size_t http_other_rule_bytes = 48;
inline constexpr std::size_t http_host_header_max = http_host_text_max + 8;
inline constexpr std::size_t http_redirect_text_max = 1_KiB;
inline constexpr std::size_t http_rules_bytes_max = 8_KiB;
/// The same of all the services of one session.
inline constexpr std::size_t http_rules_bytes_per_session_max = 256_KiB;
/// What a service may ask for at all; operators may allow less (directory::HttpBounds).
inline constexpr auto http_first_byte_max = 24h;
inline constexpr auto http_upgraded_idle_max = 24h * 7;
inline constexpr std::uint64_t http_body_rate_max = 1'024 * 1_MiB;
inline constexpr std::uint64_t http_body_bytes_max = 0x7fff'ffff'ffff'ffff;  // as of a Content-Length
/// A host stays known, and the property of its token, for this long after its client has gone: its visitors hear 503
/// and not 404, and nobody else takes it meanwhile. That many hosts in all; when there are more, the token that has
/// most loses the one that has been away longest.
inline constexpr auto http_host_known_for = 24h;
inline constexpr std::size_t http_known_hosts_max = 16'384;

// --- floods -------------------------------------------------------------------------------------------------------

/// Pongs not yet sent. A peer that pings faster than it reads is violating.
inline constexpr std::uint32_t pongs_pending_max = 4;
/// Services that one client may register.
inline constexpr std::uint32_t services_max = 1'024;
/// What one service takes in a message, generously.
inline constexpr std::size_t service_bytes_max = service_metadata_max + service_name_max + bind_text_max +
                                                 http_path_text_max + http_rules_bytes_max +
                                                 http_hosts_per_service_max * (http_host_text_max + 3) + 1_KiB;
static_assert(service_bytes_max <= control_payload_max);
static_assert(services_max * (service_metadata_max + service_name_max + bind_text_max + http_path_text_max + 384) +
                  http_hosts_per_session_max * (http_host_text_max + 3) + http_rules_bytes_per_session_max <=
              urgent_bytes_max);
static_assert(services_max * (public_address_max + http_host_text_max + 128) <= urgent_bytes_max);
static_assert(services_max * (refused_text_max + 128) <= urgent_bytes_max);

// --- HTTP ---------------------------------------------------------------------------------------------------------

/// Of a request or response up to the empty line, line ends and all: what one visitor may make us hold before a route
/// is known.
inline constexpr std::size_t http_head_max = 64_KiB;
/// One line of it. Cookies are the longest that are usual, and browsers keep those below 4 KiB each.
inline constexpr std::size_t http_line_max = 16_KiB;
/// Also the room that a parser has: it can be set lower, not higher.
inline constexpr std::size_t http_fields_max = 100;
inline constexpr std::size_t http_target_max = 8_KiB;
/// No registered method has more than 17 letters.
inline constexpr std::size_t http_method_max = 32;
/// Extensions of all the chunks of one message: they mean nothing to us and must not be a way to send for ever.
inline constexpr std::size_t http_chunk_extensions_max = 4_KiB;
inline constexpr std::size_t http_chunk_size_digits_max = 16;
inline constexpr std::size_t http_trailers_max = 8_KiB;
/// Protocol names that a request offers by Upgrade; a longer list is no offer.
inline constexpr std::size_t http_upgrade_offer_max = 62;
/// Elements of Connection fields: each is looked for among the fields. Usual are one or two.
inline constexpr std::size_t http_connection_options_max = 32;
/// Fields that rules add, set or remove in one head, with those that the edge itself sets.
inline constexpr std::size_t http_edits_max = 64;
/// A chain of proxies in X-Forwarded-For or Forwarded, kept from the right.
inline constexpr std::size_t http_forwarded_max = 2_KiB;
inline constexpr std::size_t http_request_id_max = 128;
/// 1xx before an answer: a backend that sends them for ever does not answer.
inline constexpr std::uint32_t http_interims_max = 64;
/// When a backend has ended a connection, how much it had got is told right behind that: no longer than this.
inline constexpr auto http_count_follows = 1s;
/// Descriptors that visitors of public TCP ports, who may come in any number and stay as long as they like, leave to
/// clients that log in, and to the HTTP edge: an eighth of what the process may have, but not more than this.
inline constexpr std::uint64_t descriptors_reserved_max = 1'024;
/// Up to where an operator may raise those of requests' heads, which each connection can make us hold. Targets can not
/// be longer: readings of a path have that much room. Below the least, browsers would be refused.
inline constexpr std::size_t http_head_settable_min = 1_KiB;
inline constexpr std::size_t http_head_settable_max = 256_KiB;
inline constexpr std::size_t http_line_settable_min = 256;
inline constexpr std::size_t http_line_settable_max = 64_KiB;
inline constexpr std::size_t http_target_settable_min = 64;
/// Visitors' connections that an operator may allow, and idle ones to backends: more than descriptors there are.
inline constexpr std::uint32_t http_connections_settable_max = 1'000'000;
inline constexpr std::uint32_t http_requests_settable_max = 1'000'000'000;
inline constexpr std::uint32_t http_body_rate_settable_max = 1'000'000'000;
inline constexpr std::uint32_t http_linger_settable_max = 1024_MiB;
inline constexpr std::uint32_t http_replay_settable_max = 1_MiB;
/// What a kept piece of a request counts beyond its bytes, about what it takes: chunks of one byte are not kept for
/// free.
inline constexpr std::uint32_t http_replay_piece_cost = 192;
/// Networks in `trusted_proxies`: they are looked through one by one for each connection.
inline constexpr std::size_t http_trusted_proxies_max = 1'024;
inline constexpr std::size_t http_via_max = 64;
/// Pages of the operator's own; with `http_page_max` that is what they may take.
inline constexpr std::size_t http_pages_max = 1'024;

static_assert(http_target_max < http_line_max && http_line_max <= http_head_max);
static_assert(http_trailers_max <= http_line_max);
static_assert(http_forwarded_max < http_line_max);

// --- time ---------------------------------------------------------------------------------------------------------

inline constexpr auto ping_interval = 15s;
inline constexpr auto dead_interval = 45s;
/// A server may ask its clients for less than the above, but not for a flood of pings, nor to give up for a moment's
/// silence.
inline constexpr auto ping_asked_min = 1s;
inline constexpr auto dead_asked_min = 3s;
inline constexpr auto write_timeout = 30s;
inline constexpr auto handshake_deadline = 10s;
/// A stream of which one end is gone ends when nothing of it has moved for this long: what the other end does not take
/// then is taken by nobody. Proxies give up writing to a silent client after as long, and a kernel keeps the close of a
/// program that is gone for about as long (FIN_WAIT2). A direction that has only ended in order is no end that is gone.
inline constexpr auto orphan_patience = 60s;
inline constexpr auto rtt_memory = 60s;
inline constexpr auto backoff_first = 500ms;
inline constexpr auto backoff_max = 30s;
/// A session that lived this long makes the client forget earlier failures.
inline constexpr auto backoff_forget_after = 10s;
inline constexpr auto takeover_silence = 2s;
static_assert(dead_interval >= 3 * ping_interval);

// --- hosts and routes of HTTP ---------------------------------------------------------------------------------------

/// A DNS name as text, without its final dot, and one label of it (RFC 1035).
inline constexpr std::size_t host_name_max = 253;
inline constexpr std::size_t host_label_max = 63;
static_assert(service_name_max == host_name_max);
/// A regular expression for paths, and what RE2 may use for its program and for matching.
inline constexpr std::size_t http_path_regex_max = 1_KiB;
inline constexpr std::int64_t http_path_regex_memory_max = 1_MiB;
/// Expressions come from clients and are tried one after the other, in time linear in the path: so what they may cost a
/// request is bounded by how many one host may have, and by the path that they are matched on. A longer one matches
/// none.
inline constexpr std::size_t http_path_regexes_per_host_max = 8;
inline constexpr std::size_t http_path_regex_path_max = 2_KiB;
/// Paths of one host, over all clients that share it; those whose client is away make room. A change of one builds the
/// host's table anew, which other clients' registrations wait for.
inline constexpr std::size_t http_paths_per_host_max = 1'024;
static_assert(http_paths_per_host_max >= services_max);
static_assert(http_header_rules_max <= http_edits_max / 2);
/// A page of an operator's own; it is held in memory, and written anew for each visitor.
inline constexpr std::size_t http_page_max = 256_KiB;
/// Strict-Transport-Security: ten years; and what the browsers' lists ask for.
inline constexpr std::chrono::seconds http_hsts_max_age_max{315'360'000};
inline constexpr std::chrono::seconds http_hsts_preload_age_min{31'536'000};

// --- what stands before a visitor's first request ------------------------------------------------------------------

/// A ClientHello with the records that carry it. Browsers send 0.5 to 2 KiB; post-quantum keys and padding may make it
/// larger than one record, never this large.
inline constexpr std::size_t client_hello_bytes_max = 64_KiB;
/// Names in its list of protocols (ALPN), each of which costs us an allocation. Browsers offer two.
inline constexpr std::size_t client_hello_protocols_max = 64;
/// A header of the PROXY protocol: addresses take 52 bytes, the rest are TLVs, such as a certificate's names. The line
/// of version 1 has a bound of its own in the protocol, 107.
inline constexpr std::size_t proxy_header_bytes_max = 4_KiB;

// --- certificates for visitors ------------------------------------------------------------------------------------

/// One file in PEM form; a chain has some thousand bytes. What is larger is no certificate, and is not read.
inline constexpr std::size_t pem_file_bytes_max = 1_MiB;
/// Names of one certificate. Authorities stop at a hundred.
inline constexpr std::size_t certificate_names_max = 1'000;
/// Intermediate certificates behind one.
inline constexpr std::size_t certificate_chain_max = 16;
/// Entries of a folder of certificates; more are a mistake, such as the root of a disk.
inline constexpr std::size_t certificate_folder_entries_max = 200'000;
/// How often files may be looked at: a look at ten thousand takes 64 ms; and in the same rounds the keys of tickets are
/// changed.
inline constexpr auto certificate_reload_min = 100ms;
inline constexpr auto certificate_reload_max = 1h;
/// How long a visitor's TLS session can be resumed, and how often the key that seals tickets changes: with this many
/// keys kept, a ticket can be opened for as long as its session lives.
inline constexpr auto visitor_session_lifetime = 8h;
inline constexpr auto ticket_key_seals_for = 4h;
inline constexpr std::size_t ticket_keys_kept = 3;
static_assert(certificate_reload_max < ticket_key_seals_for);
static_assert((ticket_keys_kept - 1) * ticket_key_seals_for >= visitor_session_lifetime);

/// TLS handshakes with visitors of one address: a second's worth of these takes an RSA certificate of 2,048 bits a
/// tenth of a core, one of 4,096 bits most of one; ECDSA a fiftieth. So many a second, and what comes in ten seconds at
/// once; of a home twice, of a block five times as many. Enough for a city behind one address, whose browsers keep
/// their connections. Operators may set it up to the second one.
inline constexpr std::uint32_t visitor_handshakes_per_second = 200;
inline constexpr std::uint32_t visitor_handshakes_settable_max = 1'000'000;

// --- peers that have not proved their token -----------------------------------------------------------------------

/// In all; of one address (IPv6: /64); of one home (IPv6: /56); and of one block (IPv4: /24, IPv6: /48). Where there is
/// no room, the oldest gives way.
inline constexpr std::uint32_t unauthenticated_max = 1'024;
inline constexpr std::uint32_t unauthenticated_per_address_max = 64;
inline constexpr std::uint32_t unauthenticated_per_home_max = 256;
inline constexpr std::uint32_t unauthenticated_per_block_max = 512;
/// Connections of one address to the control port: each costs a TLS handshake. So many at once, and then so many a
/// second: enough for the clients of a large network behind one address, which all come back after a restart.
inline constexpr std::uint32_t logins_at_once_max = 200;
inline constexpr std::uint32_t logins_per_second_max = 50;
/// The same of one home, and of one block.
inline constexpr std::uint32_t logins_of_home_at_once_max = 400;
inline constexpr std::uint32_t logins_of_home_per_second_max = 100;
inline constexpr std::uint32_t logins_of_block_at_once_max = 1'000;
inline constexpr std::uint32_t logins_of_block_per_second_max = 250;
/// Addresses, homes and blocks of which that is known. One is forgotten when it could make as many at once again, after
/// four seconds at most; who comes from more blocks than this in that time is not bounded by it.
inline constexpr std::size_t login_addresses_max = 8'192;
// Who holds a place keeps it for a second at least, however fast others of the same address, home or block come: a
// login takes a few round trips.
static_assert(unauthenticated_per_address_max > logins_per_second_max);
static_assert(unauthenticated_per_home_max > logins_of_home_per_second_max);
static_assert(unauthenticated_per_block_max > logins_of_block_per_second_max);

/// Wrong tokens of one address that count for nothing: a person mistypes one, or several clients have an old one. Each
/// that follows closes the address for weak tokens, the first time for a second and then each time twice as long: who
/// guesses has a hundred tries a day. It is forgotten a day after the last one. Of a home and a block more are free.
inline constexpr std::uint32_t wrong_tokens_free = 10;
inline constexpr std::uint32_t wrong_tokens_of_home_free = 20;
inline constexpr std::uint32_t wrong_tokens_of_block_free = 40;
inline constexpr auto wrong_token_wait_first = 1s;
inline constexpr auto wrong_token_wait_max = 15min;
inline constexpr auto wrong_tokens_known_for = 24h;
/// Of what follows those that are free, each of so many counts for the home and the block of the address too: they are
/// closed for who comes from many addresses, and not by one neighbour.
inline constexpr std::uint32_t wrong_tokens_for_wider = 8;
/// Addresses, homes and blocks of which that is known. Where there is no room, those that were never closed are known
/// for an hour only; who is not known shares one of so many records with the region that it is of.
inline constexpr std::size_t wrong_token_networks_max = 8'192;
inline constexpr auto wrong_tokens_free_known_for = 1h;
inline constexpr std::size_t wrong_token_regions = 1'024;
/// Tokens of one network of which it is known that they are wrong, so that a client that comes with an old one again
/// and again counts once.
inline constexpr std::size_t wrong_tokens_kept = 8;

// --- configuration files ------------------------------------------------------------------------------------------

/// What is longer is no configuration: someone named the wrong file.
inline constexpr std::size_t config_file_bytes_max = 1_MiB;
/// Lists and groups of keys inside each other; readers and destructors recurse on them.
inline constexpr std::size_t config_nesting_max = 16;
/// Keys and values: a file of brackets alone would take a hundred times its size in memory.
inline constexpr std::size_t config_values_max = 50'000;
/// Problems that are told at once. Nobody reads more, and a wrong file may have one in every line.
inline constexpr std::size_t config_problems_max = 100;
/// The value of a variable that a file may take in, and a text after that.
inline constexpr std::size_t config_text_max = 64_KiB;
/// Times; four months keep milliseconds far from overflowing.
inline constexpr auto config_time_max = std::chrono::milliseconds(10'000'000'000);

// --- names --------------------------------------------------------------------------------------------------------

/// How long what a name has resolved to is used without asking again: getaddrinfo does not tell for how long it is
/// good. Where an address does not answer it is asked again at once, but for one of the last second.
inline constexpr auto name_fresh = 30s;
inline constexpr auto name_retry = 1s;
/// How long old addresses are used when the resolver fails.
inline constexpr auto name_stale_max = 1h;
/// Lookups at a time: each has a thread for as long as it takes, which for a dead resolver is half a minute.
inline constexpr std::size_t lookups_max = 8;
/// Names that are remembered: of backends, and of the server.
inline constexpr std::size_t names_known_max = services_max + 1;

// --- log and events -------------------------------------------------------------------------------------------------

/// Lines of one kind that peers of a client or server may cause in the log: who scans a port must not fill a disk. With
/// some 30 kinds of 200 bytes that is 120 KB a second at the most.
inline constexpr std::uint32_t log_lines_per_second = 20;
/// Of those that say only that there is no room for more: the operator wants to know that, and who has it.
inline constexpr std::uint32_t crowd_lines_per_second = 1;
/// About clients that have logged in, and their services: a server that starts again has many at once.
inline constexpr std::uint32_t client_lines_per_second = 200;
/// About visitors, each of whom may cause one: they are what a log at level info is for.
inline constexpr std::uint32_t visitor_lines_per_second = 50;
/// Events of a server about logins and connections that it refuses, since everybody can cause them.
inline constexpr std::uint32_t strangers_told_per_second = 20;
/// Events of a server about services of one client that it refuses, and its lines about all. As many as one message may
/// have.
inline constexpr std::uint32_t refusals_told_per_second = services_per_message_max;
/// Lines that wait for a slow sink, with what they take in memory: some thousand, and no matter for a server.
inline constexpr std::size_t log_waiting_bytes_max = 1_MiB;
/// What a client or server waits at its end for a sink to take them; it ends also where nobody reads them.
inline constexpr auto log_patience = 1s;
/// Events that wait for a slow handler: as many as a client with the most services causes when its connection breaks
/// and comes back.
inline constexpr std::size_t events_waiting_max = 2 * services_max;

// --- the process --------------------------------------------------------------------------------------------------

inline constexpr std::uint32_t sessions_max = 4'096;
/// Of these, for the clients of one token where there are others: it can not keep all of them out.
inline constexpr std::uint32_t sessions_per_token_max = sessions_max / 8 * 7;
static_assert(sessions_per_token_max >= trunks_per_tunnel_max);
/// Public ports of the clients of one token, where there are others: more than half of those that the system chooses
/// from (28,232) are left for them.
inline constexpr std::uint32_t ports_per_token_max = 14'000;
/// To what an operator may set that, with one token, too.
inline constexpr std::uint32_t ports_per_token_settable_max = 65'535;
/// Memory of visitors' bytes, of all sessions of a client or server together: a share of the machine's or container's,
/// and what may be set. From the most down a session's own bounds are made to fit several times.
inline constexpr std::uint64_t memory_share = 4;
inline constexpr std::uint64_t memory_min = 16_MiB;
inline constexpr std::uint64_t memory_settable_max = 1ULL << 50;
/// Where a server has several tokens, one of them gets this share: the others' visitors find room.
inline constexpr std::uint64_t memory_token_share = 2;
/// What a stream counts while it holds nothing: itself, its pump, the first segments of its queues.
inline constexpr std::uint32_t stream_cost = 2_KiB;
/// How often all sessions are summed up; the latter while there are no visitors.
inline constexpr auto memory_look_every = 100ms;
inline constexpr auto memory_look_idle = 1s;
static_assert(memory_min / 4 > stream_cost * opens_unanswered_per_service_max);
/// Threads of a client or server.
inline constexpr std::uint32_t workers_max = 256;
/// Attempts in a row after which a client may be told to give up; more are as good as for ever.
inline constexpr std::uint32_t attempts_max = 1'000'000;
/// Descriptors kept aside so that accepting survives EMFILE.
inline constexpr int reserve_descriptors = 1;

}  // namespace ferrotunnel::limits
