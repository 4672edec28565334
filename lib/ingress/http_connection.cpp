// Reading: heads, bodies, and the life of a visitor's connection. http_connection_output.cpp writes and ends.
#include "ingress/http_connection.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <utility>

#include "base/limits.hpp"
#include "ingress/http2_connection.hpp"
#include "net/client_hello.hpp"

namespace ferrotunnel::ingress {

using http::BodyState;
using http::ParseState;
using runtime::IoResult;
using runtime::IoStatus;

namespace {

constexpr std::uint32_t headroom_bytes = static_cast<std::uint32_t>(limits::frame_header_bytes);
/// A smaller rest of a slab is not worth a read.
constexpr std::uint32_t worth_reading = 4 * 1024;
/// How much is read at a time while a head is read: the part of its body that arrives with it may have to wait long.
constexpr std::uint32_t head_read = 8 * 1024;
/// Room after a head that arrives slowly: more than its next pieces need.
constexpr std::uint32_t slow_room = 256;
/// The start of every HTTP/2 connection (RFC 9113, 3.4).
constexpr std::string_view http2_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

}  // namespace

HttpConnection::HttpConnection(EdgeWorker& edge, std::unique_ptr<transport::Pipe> pipe, exchange::VisitorFacts visitor,
                               login::ConnectionTicket ticket)
    : EdgeConnection(edge, std::move(pipe), std::move(visitor), std::move(ticket)) {
    visitor_.connection = edge.new_connection();
}

HttpConnection::~HttpConnection() = default;

bool HttpConnection::start() {
    try {
        pipe_->watch(edge_.worker.poller(), *this, visitor_.https);
        output_watched_ = visitor_.https;
    } catch (const std::exception&) {
        return false;
    }
    edge_.enter(*this);
    self_ = IntrusivePtr<EdgeConnection>(this);
    exchange::EdgeCounters::add(edge_.counters.connections);
    exchange::EdgeCounters::add(edge_.counters.connections_now);
    set_due(edge_.worker.now() + edge_.settings().head_timeout);
    run();
    return true;
}

// The transitions of the diagram in the header.
bool HttpConnection::follows(Phase from, Phase to) noexcept {
    switch (to) {
        case Phase::handshaking:
            return false;
        case Phase::preface:
            return from == Phase::handshaking;
        case Phase::head:
            return from == Phase::handshaking || from == Phase::preface || from == Phase::exchange;
        case Phase::exchange:
            return from == Phase::preface || from == Phase::head;
        case Phase::ending:
            return from == Phase::preface || from == Phase::head || from == Phase::exchange;
        case Phase::ending_cut:
            return from == Phase::exchange;
        case Phase::lingering:
            return from == Phase::handshaking || from == Phase::ending || from == Phase::ending_cut;
        case Phase::closed:
            return from != Phase::closed;
    }
    return false;
}

void HttpConnection::enter(Phase next) noexcept {
    assert(follows(phase_, next));
    phase_ = next;
}

bool HttpConnection::advance() {
    if (phase_ == Phase::handshaking && !shake_hands()) {
        return phase_ == Phase::lingering;
    }
    bool moved = false;
    if (reads_head()) {
        moved = read_request();
    }
    if (phase_ == Phase::exchange) {
        moved = feed_body() || moved;
    }
    if (phase_ == Phase::exchange) {
        moved = write_next_piece() || moved;
    }
    if (exchange_) {
        exchange_->flush();
        if (visitor_.from_member && exchange_->effect() == exchange::HttpExchange::Effect::certain) {
            pipe_->confirm_input();
        }
    }
    if (phase_ != Phase::closed) {
        moved = write_answer() || moved;
    }
    if (phase_ == Phase::ending || phase_ == Phase::ending_cut) {
        moved = end_sending() || moved;
    }
    if (phase_ == Phase::lingering) {
        moved = linger() || moved;
    }
    return moved;
}

bool HttpConnection::shake_hands() {
    std::string why;
    switch (pipe_->handshake(why)) {
        case IoStatus::ok:
            if (is_from_ca()) {
                end_after_handshake();
                return false;
            }
            enter(!visitor_.https && !visitor_.from_member && edge_.settings().h2c ? Phase::preface : Phase::head);
            if (const transport::VisitorHandshake* const told = pipe_->visitor()) {
                note_key_group(pipe_->key_group());
                if (!told->authority.empty()) {
                    visitor_.certificate_source = exchange::CertificateSource::edge;
                    visitor_.certificate = told->certificate;
                }
                if (told->protocol == "h2") {
                    switch_to_http2();
                    return false;
                }
            }
            return true;
        case IoStatus::would_block:
            return false;
        case IoStatus::eof:
        case IoStatus::error:
            break;
    }
    static constexpr LogCategory handshakes{"handshakes"};
    if (edge_.log.may_write(LogLevel::info, handshakes, edge_.worker.now())) {
        edge_.log.info("a visitor's TLS handshake failed", {{"visitor", visitor_.address}, {"why", why}});
    }
    exchange::EdgeCounters::add(edge_.counters.handshakes_failed);
    end_without_tls();
    return false;
}

// Whether a CA has made this connection to check a host (TLS-ALPN-01): the handshake was all that it needs.
bool HttpConnection::is_from_ca() const noexcept {
    const transport::VisitorHandshake* const told = pipe_->visitor();
    return told != nullptr && told->protocol == net::acme_tls_protocol;
}

void HttpConnection::note_key_group(KeyGroup group) noexcept {
    visitor_.key_group = group;
    const bool is_hybrid = group == KeyGroup::hybrid;
    exchange::EdgeCounters::add(is_hybrid ? edge_.counters.handshakes_hybrid : edge_.counters.handshakes_classic);
}

// Compares unread bytes with the preface of HTTP/2, before anything is parsed.
void HttpConnection::check_preface() {
    const std::string_view seen = unread().substr(0, http2_preface.size());
    if (seen != http2_preface.substr(0, seen.size())) {
        enter(Phase::head);
    } else if (seen.size() == http2_preface.size()) {
        switch_to_http2();
    }
}

// Passes the visitor to an HTTP/2 connection, with the bytes that were read.
void HttpConnection::switch_to_http2() {
    const IntrusivePtr<EdgeConnection> keep(this);
    const std::string first(unread());
    enter(Phase::closed);
    detach();
    edge_.release_parser(std::move(parser_));
    drop_input();
    try {
        Http2Connection::adopt(edge_, std::move(pipe_), std::move(visitor_), std::move(ticket_), first);
    } catch (const std::exception&) {  // no memory for it: the visitor's socket is closed
        pipe_.reset();
        ticket_.reset();
        edge_.counters.connections_now.fetch_sub(1, std::memory_order_relaxed);
    }
    self_.reset();
}

// --- the slab ---

std::string_view HttpConnection::unread() const noexcept {
    return slab_ ? as_text({slab_->data() + begin_, end_ - begin_}) : std::string_view();
}

// Makes room to read more of a head, which has to be in one piece: a head that does not fit moves to another slab, a
// larger one if the head had the old one to itself.
bool HttpConnection::make_room_for_head() {
    const std::uint32_t size = end_ - begin_;
    if (size == 0 && slab_ && slab_->unique()) {
        begin_ = end_ = headroom_bytes;
        used_ = 0;
    }
    const std::uint32_t room = slab_ ? slab_->capacity() - end_ : 0;
    if (room >= worth_reading || (room > 0 && begin_ <= headroom_bytes)) {
        return true;
    }
    const http::HeadLimits& limits = parser_ ? parser_->limits() : edge_.head_limits();
    const std::uint32_t largest = headroom_bytes + static_cast<std::uint32_t>(limits.head_bytes_max) + worth_reading;
    if (size + headroom_bytes < buffer::slab_bytes) {
        move_head(edge_.worker.slabs().acquire());
    } else if (slab_->capacity() < largest) {
        move_head(buffer::make_slab(largest));
    } else {
        return false;  // the parser rejects the head before that
    }
    return true;
}

void HttpConnection::move_head(buffer::SlabPtr to) {
    const std::uint32_t size = end_ - begin_;
    if (size > 0) {
        std::memcpy(to->data() + headroom_bytes, slab_->data() + begin_, size);
    }
    slab_ = std::move(to);
    begin_ = headroom_bytes;
    end_ = begin_ + size;
    used_ = 0;
}

// Called while the connection waits for more of a head. It keeps no buffer without a byte of a head, and little for a
// head that arrives slowly, so that many slow visitors do not hold a slab each.
void HttpConnection::shrink_input() {
    const std::uint32_t size = end_ - begin_;
    if (size == 0) {
        drop_input();
    } else if (slab_->capacity() >= buffer::slab_bytes && size < worth_reading) {
        move_head(buffer::make_slab(headroom_bytes + size + slow_room));
    }
}

// Makes a window for one frame, with room for the frame's header before it. It is in a slab with several windows only
// if a body arrives so fast that they are used: otherwise a waiting frame would pin them all. Only if nothing is
// unread.
bool HttpConnection::make_room_for_body() {
    if (slab_ && slab_->unique()) {
        end_ = used_ = 0;
    }
    if (!slab_ || end_ + headroom_bytes + worth_reading > slab_->capacity()) {
        slab_ = bulk_ ? edge_.worker.slabs().acquire() : buffer::make_slab(headroom_bytes + body_read_max());
        end_ = used_ = 0;
    }
    begin_ = end_ = end_ + headroom_bytes;
    return true;
}

// How much of a body one read takes: no more than a frame holds, and little while much waits for the trunk.
std::uint32_t HttpConnection::body_read_max() const noexcept {
    return std::min(static_cast<std::uint32_t>(limits::data_payload_max), exchange_->read_size_max());
}

// Reads once after the unread bytes; for a body no more than a frame holds. False if nothing was read.
bool HttpConnection::read_some() {
    const std::uint32_t room = slab_->capacity() - end_;
    const std::uint32_t size = std::min(room, phase_ == Phase::exchange ? body_read_max() : head_read);
    const IoResult result = pipe_->read(MutableBytes(slab_->data() + end_, size));
    end_ += static_cast<std::uint32_t>(result.bytes);
    note_read(result);
    return result.bytes > 0;
}

// --- heads ---

bool HttpConnection::read_request() {
    if (!out_.has_room()) {
        return false;  // a visitor that does not read responses makes no progress
    }
    while (true) {
        if (end_ - begin_ > parsed_) {
            if (phase_ == Phase::preface) {
                check_preface();
            }
            if (phase_ == Phase::closed) {
                return false;
            }
            if (phase_ == Phase::head && parse_request()) {
                return true;
            }
        }
        if (socket_.peer_has_ended()) {
            begin_ending();
            return true;
        }
        if (socket_.peer_is_lost()) {
            visitor_lost();
            return false;
        }
        if (!socket_.can_read() && edge_.draining() && !edge_.is_retired() && begin_ == end_) {
            begin_ending();
            return true;
        }
        if (!socket_.can_read()) {
            break;
        }
        const bool first = begin_ == end_;
        if (!make_room_for_head()) {
            break;
        }
        if (read_some() && first) {
            set_due(edge_.worker.now() + edge_.settings().head_timeout);
        }
    }
    shrink_input();
    return false;
}

// Parses unread bytes. False if more is needed.
bool HttpConnection::parse_request() {
    if (!parser_) {
        parser_ = edge_.acquire_request_parser();
    }
    parsed_ = end_ - begin_;
    switch (parser_->parse(unread())) {
        case ParseState::more:
            return false;
        case ParseState::complete:
            begin_exchange();
            return true;
        case ParseState::refused:
            break;
    }
    refuse(parser_->refusal(), parser_->method());
    return true;
}

void HttpConnection::begin_exchange() {
    const http::RequestHead& head = parser_->head();
    ++requests_;
    version_ = head.version;
    persistence_ = head.keep_alive ? Persistence::wanted : Persistence::none;
    body_ = http::BodyReader(head.body);
    raw_ended_ = false;
    enter(Phase::exchange);
    set_due(never);
    exchange_ = std::make_unique<exchange::HttpExchange>(edge_, visitor_, static_cast<exchange::ExchangeOwner&>(*this));
    exchange_->begin(head);
    begin_ += static_cast<std::uint32_t>(parser_->size());
    parsed_ = 0;
    edge_.release_parser(std::move(parser_));
    if (begin_ == end_) {
        drop_input();  // a visitor that waits for a long response holds no slab
    }
    if (body_.state() == BodyState::complete) {
        exchange_->body_end(nullptr);
    } else {
        if (begin_ != end_) {
            move_head(buffer::make_slab(headroom_bytes + end_ - begin_));  // the rest may wait, without the whole slab
        }
        set_due(pace_.begin(exchange_->settings(), edge_.worker.now(), exchange_->allows_body_pause()));
    }
}

// Begins an exchange that responds with a page, after which the connection ends.
void HttpConnection::refuse(const http::Refusal& refusal, http::Method method) {
    exchange::EdgeCounters::add(edge_.counters.requests_refused);
    version_ = http::Version::http11;
    persistence_ = Persistence::none;
    enter(Phase::exchange);
    parsed_ = 0;
    set_due(never);
    edge_.release_parser(std::move(parser_));
    exchange_ = std::make_unique<exchange::HttpExchange>(edge_, visitor_, static_cast<exchange::ExchangeOwner&>(*this));
    exchange_->refuse(http::page_state_of(refusal.status), refusal.code, refusal.text, method);
}

// --- bodies ---

bool HttpConnection::feed_body() {
    if (exchange_->switched()) {
        return feed_raw();
    }
    bool moved = false;
    while (phase_ == Phase::exchange && body_.state() == BodyState::more) {
        if (!exchange_->accepts_body()) {
            pace_.set_waiting(true, edge_.worker.now());
            break;
        }
        if (pace_.is_waiting()) {
            pace_.set_waiting(exchange_->allows_body_pause(), edge_.worker.now());
        }
        if (bulk_ && feed_bulk()) {
            moved = true;
            continue;
        }
        if (!has_body_bytes()) {
            if (exchange_ && phase_ == Phase::exchange) {
                exchange_->pause_body();
            }
            break;
        }
        const std::string_view input = unread().substr(0, limits::data_payload_max);
        const http::BodyReader::Piece piece = body_.next(input);
        if (!piece.payload.empty()) {
            forward_body(piece.payload);
        }
        begin_ += static_cast<std::uint32_t>(piece.consumed);
        moved = true;
        if (body_.state() == BodyState::complete) {
            set_due(never);
            exchange_->body_end(body_.kind() == http::BodyKind::chunked ? &body_.trailers() : nullptr);
        } else if (body_.state() == BodyState::refused) {
            exchange::EdgeCounters::add(edge_.counters.requests_refused);
            const http::Refusal refusal = body_.refusal();
            if (exchange_->answered()) {
                exchange_->give_up(refusal.text);
                cut_answer();
            } else {
                exchange_->refuse(http::page_state_of(refusal.status), refusal.code, refusal.text, exchange_->method());
            }
        }
    }
    return moved;
}

// Reads up to four frames' worth at once (without TLS in one system call), while a body arrives fast enough. False: not
// now, or nothing has arrived.
bool HttpConnection::feed_bulk() {
    constexpr std::uint32_t window = headroom_bytes + static_cast<std::uint32_t>(limits::data_payload_max);
    constexpr std::uint32_t windows = buffer::slab_bytes / window;
    constexpr std::uint64_t most = windows * limits::data_payload_max;
    if (begin_ != end_ || !socket_.can_read() || !exchange_->accepts_bulk() || body_.kind() != http::BodyKind::length ||
        body_.remaining() <= most) {
        return false;
    }
    drop_input();
    buffer::SlabPtr slab = edge_.worker.slabs().acquire();
    std::array<MutableBytes, windows> into;
    for (std::uint32_t i = 0; i < windows; ++i) {
        into[i] = {slab->data() + i * window + headroom_bytes, limits::data_payload_max};
    }
    const IoResult result = pipe_->read_pieces(into);
    note_read(result);
    pace_.received(result.bytes, edge_.worker.now());
    bulk_ = result.bytes == most && !exchange_->is_trunk_behind();
    auto left = static_cast<std::uint32_t>(result.bytes);
    for (std::uint32_t at = headroom_bytes; left > 0; at += window) {
        const std::uint32_t n = std::min<std::uint32_t>(left, limits::data_payload_max);
        (void)body_.next(as_text({slab->data() + at, n}));
        if (n < limits::copy_below) {
            forward_body(as_text({slab->data() + at, n}));
        } else {
            exchange_->body({slab, at, n}, true);
        }
        left -= n;
    }
    return result.bytes > 0;
}

// Whether there are bytes of the body. False if there are none now, or the visitor disconnected within its request,
// which then must not look complete to the backend.
bool HttpConnection::has_body_bytes() {
    if (begin_ != end_) {
        return true;
    }
    if (!socket_.can_read() && !socket_.peer_has_ended()) {
        drop_input_if_unused();
        return false;
    }
    if (!socket_.peer_has_ended() && make_room_for_body() && read_some()) {
        pace_.received(end_ - begin_, edge_.worker.now());
        bulk_ = end_ - begin_ == limits::data_payload_max && !exchange_->is_trunk_behind();
        return true;
    }
    if (!socket_.peer_sends()) {
        visitor_lost();
    } else {
        drop_input_if_unused();
    }
    return false;
}

// Called when everything was used: a slow visitor does not hold a slab while it waits.
void HttpConnection::drop_input_if_unused() noexcept {
    if (slab_ && slab_->unique()) {
        drop_input();
    }
}

void HttpConnection::forward_body(std::string_view payload) {
    bool headroom = false;
    buffer::Slice slice = slice_input(payload, headroom);
    exchange_->body(std::move(slice), headroom);
}

// Feeds the bytes that follow a protocol switch.
bool HttpConnection::feed_raw() {
    bool moved = false;
    while (!raw_ended_ && exchange_ && exchange_->accepts_body()) {
        if (begin_ == end_) {
            if (socket_.peer_has_ended()) {
                raw_ended_ = true;
                exchange_->body_end(nullptr);
                return true;
            }
            if (!socket_.can_read()) {
                drop_input_if_unused();
                break;
            }
            if (!make_room_for_body() || !read_some()) {
                if (socket_.peer_is_lost()) {
                    visitor_lost();
                    return false;
                }
                if (!socket_.peer_has_ended()) {
                    drop_input_if_unused();
                }
                continue;
            }
        }
        const std::string_view payload = unread().substr(0, limits::data_payload_max);
        forward_body(payload);
        begin_ += static_cast<std::uint32_t>(payload.size());
        moved = true;
    }
    return moved;
}

}  // namespace ferrotunnel::ingress
