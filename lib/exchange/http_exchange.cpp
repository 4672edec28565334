// The request's half of an exchange: its route, its stream, and what is sent there. http_exchange_answer.cpp has the
// other half.
#include "exchange/http_exchange.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "buffer/spare_memory.hpp"
#include "http/authority.hpp"
#include "http/chunked.hpp"
#include "http/forwarding.hpp"
#include "http/head_writer.hpp"
#include "http/path_match.hpp"

namespace ferrotunnel::exchange {

using http::BodyKind;
using http::PageState;
using wire::Code;

namespace {

/// Copies `bytes` in pieces for DATA frames, each with room for the frame's header before it, and gives them to `take`.
template <typename Take>
void copy_framed(std::string_view bytes, const Take& take) {
    constexpr std::size_t header = limits::frame_header_bytes;
    const std::size_t frames = (bytes.size() + limits::data_payload_max - 1) / limits::data_payload_max;
    buffer::SlabPtr slab = buffer::make_slab(static_cast<std::uint32_t>(bytes.size() + frames * header));
    std::size_t at = 0;
    while (!bytes.empty()) {
        const std::size_t n = std::min(bytes.size(), limits::data_payload_max);
        at += header;
        std::memcpy(slab->data() + at, bytes.data(), n);
        take(buffer::Slice(slab, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(n)));
        bytes.remove_prefix(n);
        at += n;
    }
}

/// Joins the Accept fields of a head: several are one list.
std::string joined_accept(const http::RequestHead& head) {
    std::string all;
    for (const http::Field& field : head.fields) {
        if (field.known == http::FieldName::accept) {
            all.append(all.empty() ? "" : ", ").append(field.value);
        }
    }
    return all;
}

}  // namespace

HttpExchange::HttpExchange(ExchangeWorker& edge, const VisitorFacts& visitor, ExchangeOwner& owner)
    : edge_(edge), visitor_(visitor), owner_(owner), settings_(edge.settings.service), by_tls_(visitor.https) {}

HttpExchange::~HttpExchange() {
    log_access();
    forget_replay();
    drop_backend();
    edge_.give_back(std::move(parser_));
}

void* HttpExchange::operator new(std::size_t) {
    return buffer::SpareMemory<buffer::spare_bytes_for<HttpExchange>>::take();
}

void HttpExchange::operator delete(void* memory) noexcept {
    buffer::SpareMemory<buffer::spare_bytes_for<HttpExchange>>::keep(memory);
}

// --- beginning ---

void HttpExchange::begin(const http::RequestHead& head) {
    EdgeCounters::add(edge_.counters.requests);
    remember(head);
    if (route(head) && may_go_on(head) && write_request_head(head)) {
        open(false);
    }
}

// Keeps a copy of a usual Accept: it is read only when there is a page to show, which is rare.
void HttpExchange::remember_accept(const http::RequestHead& head) {
    accept_size_ = 0;
    if (head.fields.count(http::FieldName::accept) > 1) {
        page_format_ = http::choose_format(joined_accept(head));
        return;
    }
    const std::string_view accept = head.fields.first(http::FieldName::accept).value_or(std::string_view());
    if (accept.size() > accept_room_.size()) {
        page_format_ = http::choose_format(accept);
        return;
    }
    accept_size_ = static_cast<std::uint8_t>(accept.size());
    std::copy(accept.begin(), accept.end(), accept_room_.begin());
}

http::PageFormat HttpExchange::page_format() const noexcept {
    return accept_size_ == 0 ? page_format_ : http::choose_format({accept_room_.data(), accept_size_});
}

void HttpExchange::remember(const http::RequestHead& head) {
    request_id_ = edge_.new_request_id();
    host_ = http::normal_host(head.authority, host_room_);
    context_ = http::ResponseContext::of(head);
    request_body_ = head.body;
    if (head.body.kind == BodyKind::chunked) {
        request_hops_ = http::connection_names(head.fields);
    }
    awaits_continue_ = head.expects_continue && head.body.kind != BodyKind::none;
    remember_accept(head);
    if (edge_.log.enabled(LogLevel::debug)) {
        access_ = std::make_unique<Access>();
        access_->begun_at = edge_.worker.now();
        access_->method = head.method_text;
        access_->path = head.target.path;  // the query may have secrets
    }
}

// Logs this request. Status 0: the visitor has gone before there was an answer.
void HttpExchange::log_access() noexcept try {
    if (access_) {
        using std::chrono::duration_cast;
        const auto took = duration_cast<std::chrono::milliseconds>(edge_.worker.now() - access_->begun_at);
        edge_.log.debug("a request is over",
                        {{"request", request_id_},
                         {"visitor", visitor_.address},
                         {"method", access_->method},
                         {"host", host_},
                         {"path", access_->path},
                         {"service", service_ ? std::string_view(service_->description().name) : std::string_view()},
                         {"status", access_->status},
                         {"bytes", access_->body_bytes},
                         {"complete", state_ == State::done},
                         {"ms", took.count()}});
    }
} catch (const std::exception&) {  // no memory for a line
}

bool HttpExchange::may_serve(std::string_view why_not) {
    if (!visitor_.may_serve || visitor_.may_serve(host_)) {
        return true;
    }
    give_page(PageState::misdirected, {}, why_not);
    return false;
}

bool HttpExchange::route(const http::RequestHead& head) {
    if (visitor_.https && !may_serve("the connection was made for another host")) {
        return false;
    }
    using Kind = directory::HttpMatch::Kind;
    const directory::HttpMatch match = edge_.routes.get().find(host_, head.target.path, edge_.worker.now());
    switch (match.kind) {
        case Kind::service:
            service_ = match.service->shared_from_this();
            service_->count_request();
            settings_ = settings_for(edge_.settings.service, service_->description().limits);
            return !redirects(head) &&
                   (visitor_.https || may_serve("this host is for HTTPS with a certificate alone")) && fits(head.body);
        case Kind::unknown_host:
            give_page(PageState::unknown_host, {}, "nobody has registered this host");
            break;
        case Kind::unknown_path:
            give_page(PageState::unknown_path, {}, "nobody has registered this path of the host");
            break;
        case Kind::away:
            give_page(PageState::no_client, {}, "the client of this host is not connected");
            break;
        case Kind::bad_path:
            give_page(PageState::bad_request, "bad_path", http::words_for(match.fault));
            break;
        case Kind::ambiguous_path:
            give_page(PageState::ambiguous_path, {}, "readings of the path lead to different services");
            break;
    }
    return false;
}

// False: the request was answered instead, since it was to come no farther than here.
bool HttpExchange::may_go_on(const http::RequestHead& head) {
    if (head.method != http::Method::options || http::max_forwards(head) != 0U) {
        return true;
    }
    give_empty(200);
    return false;
}

// False: the body is too large, and was answered. A chunked one is counted as it comes.
bool HttpExchange::fits(const http::Body& body) {
    if (body.kind == BodyKind::length && body.length > settings_.body_bytes_max) {
        give_page(PageState::body_too_large, {}, "the request declares a body that is larger than its service takes");
        return false;
    }
    return true;
}

http::ForwardingFacts HttpExchange::forwarding_facts() const {
    http::ForwardingFacts facts;
    facts.peer = visitor_.address;
    facts.trusted = visitor_.trusted;
    if (const auto& is_trusted = edge_.shared->is_trusted) {
        facts.is_trusted = [](const void* context, std::string_view address) {
            return (*static_cast<const std::function<bool(std::string_view)>*>(context))(address);
        };
        facts.context = &is_trusted;
    }
    facts.https = visitor_.https;
    facts.port = visitor_.port;
    facts.request_id = request_id_;
    facts.forwarded = edge_.settings.forwarded;
    facts.via = edge_.settings.via;
    return facts;
}

// Writes the head for the backend. False: the request was answered instead.
bool HttpExchange::write_request_head(const http::RequestHead& head) {
    const http::Forwarding forwarding(head, forwarding_facts());
    by_tls_ = forwarding.https();
    request_id_ = std::string(forwarding.request_id());
    if (forwarding.loops()) {
        give_page(PageState::loop, {}, "the request came by here before");
        return false;
    }
    http::Edits& edits = edge_.new_edits();
    bool fits = forwarding.write(edits);

    http::RequestOut out = http::RequestOut::of(head);
    out.edits = &edits;
    out.keep_alive = true;
    if (!settings_.upgrades) {
        out.upgrade = nullptr;
        context_.upgrade.clear();
    }
    std::string forwards;
    if (const auto left = http::max_forwards(head)) {
        forwards = std::to_string(*left - 1);
        fits = edits.set("Max-Forwards", forwards) && fits;
    }
    fits = apply_rules(head, out, edits) && fits;
    check(fits, "what the edge adds to a head fits into the edits");
    std::vector<char>& room = edge_.head_room();
    std::size_t size = http::write_request(out, room);
    if (size > room.size()) {
        room.resize(size);
        size = http::write_request(out, room);
    }
    copy_framed({room.data(), size}, [this](buffer::Slice piece) {
        count_as_kept(piece);
        if (replay_head_.empty()) {
            replay_head_ = std::move(piece);
        } else {
            replay_.push_back(std::move(piece));
        }
    });
    replay_bytes_ = size;
    if (edge_.replay_kept > ExchangeWorker::replay_waiting_max) {
        give_page(PageState::busy, {}, "the requests that wait for their backends take too much");
        return false;
    }
    return true;
}

// --- the stream ---

// The connection that a stream is for alone, or 0. Where the backend is told who the visitor is when it takes the
// connection, nobody else may use that one.
std::uint64_t HttpExchange::stream_owner() const noexcept {
    return service_->description().per_visitor ? visitor_.connection : 0;
}

void HttpExchange::open(bool has_waited) {
    if (!has_waited && edge_.gate.has_line(service_->serial())) {
        take_place_in_line();
        return;
    }
    backend_ = edge_.pool.take(*service_, stream_owner(), *this);
    if (backend_) {
        EdgeCounters::add(edge_.counters.backend_reused);
        opened_at_ = edge_.worker.now();
        start_sending();
    } else if (edge_.gate.may_open(service_->serial())) {
        open_fresh();
    } else {
        take_place_in_line();
    }
}

void HttpExchange::take_place_in_line() {
    state_ = State::opening;
    if (!runtime::Deadline::is_set()) {
        opened_at_ = edge_.worker.now();
        edge_.wheel.set_after(*this, settings_.backend_connect);
    }
    edge_.gate.wait(service_->serial(), *this);
}

// Called when its time has passed. While others come through, its turn comes too: then it waits on, as long as it would
// for an answer.
void HttpExchange::look_at_line() {
    const TimePoint now = edge_.worker.now();
    const bool moves = now - edge_.gate.moved_at(service_->serial()) < settings_.backend_connect;
    if (moves && now - opened_at_ < settings_.first_byte) {
        edge_.wheel.set_after(*this, settings_.backend_connect);
        return;
    }
    leave_gate();
    give_page(PageState::busy, {}, "no connection to the backend has become free in time");
}

void HttpExchange::on_gate() noexcept {
    handle([this] { open(true); });
}

void HttpExchange::open_fresh() {
    state_ = State::opening;
    std::optional<directory::HttpService::Carrier> carrier = service_->choose(passed_, &edge_.worker);
    if (!carrier) {
        backend_.reset();
        if (!no_room_) {
            give_page(PageState::no_client, {}, "no connection of its client is left");
        } else {
            give_page(PageState::busy, {}, "no connection of its client has room for one more stream");
        }
        return;
    }
    EdgeCounters::add(edge_.counters.backend_opened);
    opened_at_ = edge_.worker.now();
    backend_ = make_intrusive<BackendStream>(edge_.worker, edge_.wheel, edge_.pool, service_, std::move(*carrier),
                                             stream_owner());
    edge_.wheel.set_after(*this, settings_.backend_connect);
    edge_.gate.opening(service_->serial());
    counted_as_opening_ = true;
    const IntrusivePtr<BackendStream> opening = backend_;  // an answer that comes at once may replace it
    opening->open(visitor_.wire, *this);
}

// Tells the gate that the backend has taken the connection, or never will.
void HttpExchange::open_is_answered() noexcept {
    if (std::exchange(counted_as_opening_, false)) {
        edge_.gate.answered(service_->serial(), backend_ && backend_->connected());
    }
}

void HttpExchange::open_failed() {
    open_is_answered();
    const std::optional<Code> why = backend_->open_failure();
    no_room_ = no_room_ || (why != Code::unknown_service && why != Code::going_away);
    passed_.push_back(&backend_->carrier());
    open_fresh();
}

void HttpExchange::start_sending() {
    state_ = State::waiting;
    progress_at_ = edge_.worker.now();
    // The first copy has room for the frame's header; in a second one, the stream before may still use that room.
    backend_->send(replay_head_.share(0, replay_head_.size()), !repeated_);
    for (const buffer::Slice& piece : replay_) {
        backend_->send(piece.share(0, piece.size()), false);
    }
    backend_->flush();
    set_deadline();
    keep_within_bound();
}

// Forgets the copy for want of room. A head is kept until a backend has it; for a second time only where there is room.
void HttpExchange::keep_within_bound() noexcept {
    if (edge_.replay_kept > ExchangeWorker::replay_kept_max && state_ == State::waiting && backend_->connected()) {
        forget_replay();
    }
}

void HttpExchange::on_backend() noexcept {
    handle([this] {
        if (backend_ && backend_->connected()) {
            open_is_answered();
            keep_within_bound();
        }
        if (state_ == State::opening) {
            if (backend_->state() == BackendStream::State::busy) {
                start_sending();
            } else if (backend_->open_failure()) {
                open_failed();
            }
        }
    });
}

// --- the body ---

bool HttpExchange::takes_body() {
    if (state_ != State::waiting && state_ != State::answering && state_ != State::switched) {
        return false;
    }
    while (!backend_->can_send()) {
        // After a reset the answer ends with the reset: whatever is to be said is said there.
        if (backend_->send_is_dead() || backend_->park_send()) {
            return false;
        }
    }
    return true;
}

bool HttpExchange::keeps_visitor_waiting() const noexcept {
    return state_ == State::opening || awaits_continue_ || (backend_ && !backend_->can_send());
}

void HttpExchange::body(buffer::Slice payload, bool headroom) {
    body_begun_ = true;
    awaits_continue_ = false;
    progress_at_ = edge_.worker.now();
    if (state_ == State::switched) {
        backend_->send(std::move(payload), headroom);
        return;
    }
    body_bytes_ += payload.size();
    if (body_bytes_ > settings_.body_bytes_max) {
        give_up_body();
        return;
    }
    if (request_body_.kind == BodyKind::chunked) {
        const http::ChunkHead chunk(payload.size());
        std::string text(chunk_open_ ? http::chunk_end : std::string_view());
        send_text(text.append(chunk.text()));
        chunk_open_ = true;
    }
    send(std::move(payload), headroom);
}

// The backend sees a reset, so that it does not take what it has of the body for the whole.
void HttpExchange::give_up_body() {
    constexpr std::string_view why = "the body of a request is larger than its service takes";
    if (head_given_) {
        (void)cut(why);
    } else {
        refuse(PageState::body_too_large, {}, why, context_.method);
    }
}

void HttpExchange::body_end(const http::Fields* trailers) {
    if (state_ == State::switched) {
        backend_->finish();
        return;
    }
    body_ended_ = true;
    awaits_continue_ = false;
    progress_at_ = edge_.worker.now();
    const bool sends = state_ == State::opening || state_ == State::waiting || state_ == State::answering;
    if (request_body_.kind != BodyKind::chunked || !sends) {
        return;
    }
    std::string text(std::exchange(chunk_open_, false) ? http::chunk_end : std::string_view());
    if (trailers == nullptr || trailers->empty()) {
        send_text(text.append(http::last_chunk));
        return;
    }
    send_text(text.append(write_trailers(*trailers, service_->description().rules.request_headers, request_hops_)));
}

void HttpExchange::send_text(std::string_view text) {
    copy_framed(text, [this](buffer::Slice piece) { send(std::move(piece), true); });
}

void HttpExchange::send(buffer::Slice payload, bool headroom) {
    keep_for_replay(payload);
    if (state_ != State::opening) {  // otherwise all of it is sent when there is a stream
        backend_->send(std::move(payload), headroom);
    }
}

void HttpExchange::keep_for_replay(const buffer::Slice& payload) {
    if (!replayable_) {
        return;
    }
    const std::size_t cost = payload.size() + limits::http_replay_piece_cost;
    replay_bytes_ += cost;
    const bool is_full = edge_.replay_kept + cost > ExchangeWorker::replay_kept_max;
    if ((is_full || replay_bytes_ > edge_.settings.replay_bytes_max) && state_ != State::opening) {
        forget_replay();
        return;
    }
    replay_.push_back(payload.share(0, payload.size()));
    count_as_kept(payload);
}

void HttpExchange::count_as_kept(const buffer::Slice& piece) noexcept {
    const std::size_t cost = piece.size() + limits::http_replay_piece_cost;
    replay_kept_ += cost;
    edge_.replay_kept += cost;
}

void HttpExchange::forget_replay() noexcept {
    replayable_ = false;
    replay_head_ = {};
    replay_.clear();
    edge_.replay_kept -= std::exchange(replay_kept_, 0);
}

void HttpExchange::flush() {
    const bool sends = state_ == State::waiting || state_ == State::answering || state_ == State::switched;
    if (!sends || !backend_) {
        return;
    }
    if (std::exchange(chunk_open_, false)) {
        send_text(http::chunk_end);
    }
    backend_->flush();
}

}  // namespace ferrotunnel::exchange
