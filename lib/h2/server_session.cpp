#include "h2/server_session.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <utility>

#include "h2/session_memory.hpp"

namespace ferrotunnel::h2 {
namespace {

constexpr std::uint8_t is_last = NGHTTP2_FLAG_END_STREAM;

std::string_view text_of(nghttp2_rcbuf* text) {
    const nghttp2_vec bytes = nghttp2_rcbuf_get_buf(text);
    return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

ServerSession& self_of(void* user) {
    return *static_cast<ServerSession*>(user);
}

// The library is C: exceptions must not pass through it.
template <typename Action>
int from_c(Action action) noexcept {
    try {
        return action();
    } catch (const std::exception&) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
}

// The kind of flood that a frame counts towards, by its header.
bool kind_of(const FrameHead& frame, Flood& kind) noexcept {
    switch (frame.type) {
        case NGHTTP2_DATA:
            kind = Flood::empty_data;
            return frame.size == 0 && (frame.flags & is_last) == 0;
        case NGHTTP2_RST_STREAM:
            kind = Flood::resets_received;
            return true;
        case NGHTTP2_PING:
            kind = Flood::pings;
            return (frame.flags & NGHTTP2_FLAG_ACK) == 0;
        case NGHTTP2_SETTINGS:
            kind = Flood::settings;
            return true;
        case NGHTTP2_PRIORITY:
        case NGHTTP2_PRIORITY_UPDATE:
            kind = Flood::priorities;
            return true;
        case NGHTTP2_CONTINUATION:
            kind = Flood::continuations;
            return true;
        case NGHTTP2_WINDOW_UPDATE:
            kind = Flood::window_updates;
            return true;
        default:  // frames of unknown types are skipped by the library
            return false;
    }
}

// Whether our reset with this code reports a fault of the visitor.
bool is_for_fault(std::uint32_t code) noexcept {
    return code != NGHTTP2_NO_ERROR && code != NGHTTP2_INTERNAL_ERROR && code != NGHTTP2_CANCEL;
}

}  // namespace

struct ServerSession::Callbacks {
    static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        return from_c([&] { return self_of(user).on_begin_headers(*frame); });
    }
    static int header(nghttp2_session*, const nghttp2_frame* frame, nghttp2_rcbuf* name, nghttp2_rcbuf* value,
                      std::uint8_t, void* user) {
        return from_c([&] { return self_of(user).on_header(frame->hd.stream_id, text_of(name), text_of(value)); });
    }
    static int invalid_header(nghttp2_session* session, const nghttp2_frame* frame, nghttp2_rcbuf*, nghttp2_rcbuf*,
                              std::uint8_t, void*) {
        (void)nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_PROTOCOL_ERROR);
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    static int frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        return from_c([&] { return self_of(user).on_frame(*frame); });
    }
    static int data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes, std::size_t size,
                    void* user) {
        return from_c([&] {
            if (ServerStream* const stream = self_of(user).find(id)) {
                stream->unconsumed_ += size;
                stream->on_body({reinterpret_cast<const char*>(bytes), size});
            } else {
                (void)nghttp2_session_consume_connection(self_of(user).session_.get(), size);
            }
            return 0;
        });
    }
    static int closed(nghttp2_session* session, std::int32_t id, std::uint32_t code, void* user) {
        if (ServerStream* const stream = self_of(user).find(id)) {
            (void)nghttp2_session_set_stream_user_data(session, id, nullptr);
            (void)nghttp2_session_consume_connection(session, std::exchange(stream->unconsumed_, 0));
            stream->on_closed(code);
        }
        return 0;  // a failure here would leak (CVE-2023-35945)
    }
    static int sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
        ServerSession& self = self_of(user);
        if (frame->hd.type == NGHTTP2_RST_STREAM && is_for_fault(frame->rst_stream.error_code)) {
            self.flooded_ = self.flooded_ || !self.budget_.take(Flood::resets_sent, self.now_);
        }
        if (frame->hd.type == NGHTTP2_GOAWAY && std::exchange(self.awaits_end_ack_, false)) {
            (void)nghttp2_submit_ping(session, NGHTTP2_FLAG_NONE,
                                      nullptr);  // sent earlier, it would overtake the GOAWAY
        }
        if ((frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) && (frame->hd.flags & is_last) != 0) {
            ServerStream* const stream = self.find(frame->hd.stream_id);
            if (stream != nullptr && !stream->body_ended_) {
                stream->on_answer_sent();
            }
        }
        return 0;
    }
    static ssize_t read(nghttp2_session* session, std::int32_t id, std::uint8_t*, std::size_t most,
                        std::uint32_t* flags, nghttp2_data_source*, void* user) {
        ssize_t size = NGHTTP2_ERR_DEFERRED;
        const int failed = from_c([&] {
            ServerStream* const stream = self_of(user).find(id);
            const Supply supply = stream != nullptr ? stream->supply(most) : Supply{Supply::Kind::broken};
            if (supply.kind == Supply::Kind::broken) {
                require(nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, supply.code));
            }
            if (supply.kind != Supply::Kind::bytes) {
                return 0;
            }
            if (supply.size < most) {
                self_of(user).budget_.small_data_sent();
            }
            *flags = NGHTTP2_DATA_FLAG_NO_COPY;
            if (supply.is_end) {
                *flags |= NGHTTP2_DATA_FLAG_EOF;
            }
            if (!supply.trailers.empty()) {
                *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
                require(nghttp2_submit_trailer(session, id, supply.trailers.data(), supply.trailers.size()));
            }
            size = static_cast<ssize_t>(supply.size);
            return 0;
        });
        return failed != 0 ? failed : size;
    }
    static int send_data(nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* header, std::size_t size,
                         nghttp2_data_source*, void* user) {
        return from_c([&] {
            constexpr std::size_t header_bytes = 9;
            ServerSession& self = self_of(user);
            ServerStream* const stream = self.find(frame->hd.stream_id);
            if (stream == nullptr) {
                return static_cast<int>(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE);
            }
            self.budget_.data_sent(size);
            stream->give({reinterpret_cast<const char*>(header), header_bytes}, size);
            return self.user_.has_room() ? 0 : static_cast<int>(NGHTTP2_ERR_PAUSE);
        });
    }

    static nghttp2_session_callbacks* all() {
        static const CallbacksPtr made = [] {
            nghttp2_session_callbacks* some = nullptr;
            require(nghttp2_session_callbacks_new(&some));
            nghttp2_session_callbacks_set_on_begin_headers_callback(some, begin_headers);
            nghttp2_session_callbacks_set_on_header_callback2(some, header);
            nghttp2_session_callbacks_set_on_invalid_header_callback2(some, invalid_header);
            nghttp2_session_callbacks_set_on_frame_recv_callback(some, frame);
            nghttp2_session_callbacks_set_on_data_chunk_recv_callback(some, data);
            nghttp2_session_callbacks_set_on_stream_close_callback(some, closed);
            nghttp2_session_callbacks_set_on_frame_send_callback(some, sent);
            nghttp2_session_callbacks_set_send_data_callback(some, send_data);
            return CallbacksPtr(some);
        }();
        return made.get();
    }
    static nghttp2_option* options() {
        static const OptionPtr made = [] {
            nghttp2_option* some = nullptr;
            require(nghttp2_option_new(&some));
            nghttp2_option_set_no_auto_window_update(some, 1);
            nghttp2_option_set_no_closed_streams(some, 1);
            nghttp2_option_set_builtin_recv_extension_type(some, NGHTTP2_PRIORITY_UPDATE);
            return OptionPtr(some);
        }();
        return made.get();
    }
};

ServerSession::ServerSession(const ServerLimits& limits, ServerUser& user) : limits_(limits), user_(user) {
    nghttp2_session* session = nullptr;
    require(nghttp2_session_server_new3(&session, Callbacks::all(), this, Callbacks::options(), &session_memory()));
    session_.reset(session);
    const std::array<nghttp2_settings_entry, 5> settings{{
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits_.streams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits_.stream_window},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits_.head.head_bytes_max)},
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
        {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
    }};
    require(nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(),
                                    limits_.websockets ? settings.size() : settings.size() - 1));
    require(nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0,
                                                  static_cast<std::int32_t>(limits_.connection_window)));
}

ServerSession::~ServerSession() = default;

// --- in ---

std::size_t ServerSession::receive(std::string_view bytes, TimePoint now) {
    if (failed_) {
        return bytes.size();
    }
    now_ = now;
    begun_ = 0;
    if (!scan(bytes.substr(std::min(bytes.size(), scanned_)))) {
        return bytes.size();
    }
    const ssize_t taken =
        nghttp2_session_mem_recv(session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (taken == NGHTTP2_ERR_NOMEM) {
        throw std::bad_alloc();
    }
    if (flooded_ && !failed_) {
        fail("frames arrive too often", NGHTTP2_ENHANCE_YOUR_CALM);
    } else if (taken < 0 && !failed_) {
        fail(nghttp2_strerror(static_cast<int>(taken)), taken == NGHTTP2_ERR_FLOODED ? NGHTTP2_ENHANCE_YOUR_CALM
                                                        : taken == NGHTTP2_ERR_CALLBACK_FAILURE
                                                            ? NGHTTP2_INTERNAL_ERROR
                                                            : NGHTTP2_PROTOCOL_ERROR);
    }
    scanned_ = taken < 0 ? 0 : std::max(scanned_, bytes.size()) - static_cast<std::size_t>(taken);
    return taken < 0 ? bytes.size() : static_cast<std::size_t>(taken);
}

void ServerSession::fail(const char* why, std::uint32_t code) noexcept {
    failed_ = true;
    why_ = why;
    (void)nghttp2_session_terminate_session(session_.get(), code);
}

// Counts the frames that begin in these bytes. False if the connection has failed, and none of them is processed.
bool ServerSession::scan(std::string_view bytes) noexcept {
    FrameHead frame;
    while (frames_.next(bytes, frame)) {
        Flood kind{};
        if (kind_of(frame, kind) && !budget_.take(kind, now_)) {
            fail(name_of(kind), NGHTTP2_ENHANCE_YOUR_CALM);
        }
        if (failed_ || !is_allowed(frame)) {
            return false;
        }
        note_end(frame);
    }
    return true;
}

// Checks that the library leaves to us, since it keeps no closed streams and no priority tree.
bool ServerSession::is_allowed(const FrameHead& frame) noexcept {
    const bool is_message = frame.type == NGHTTP2_DATA || frame.type == NGHTTP2_HEADERS;
    if (frame.type == NGHTTP2_PRIORITY && (frame.stream == 0 || frame.depends_on == frame.stream)) {
        fail("PRIORITY without a stream, or for a stream that depends on itself", NGHTTP2_PROTOCOL_ERROR);
    } else if (is_message && frame.stream != 0 &&
               std::find(finished_.begin(), finished_.end(), frame.stream) != finished_.end()) {
        fail("a frame for a closed stream", NGHTTP2_STREAM_CLOSED);
    }
    return !failed_;
}

void ServerSession::note_end(const FrameHead& frame) noexcept {
    const bool is_message = frame.type == NGHTTP2_DATA || frame.type == NGHTTP2_HEADERS;
    if (frame.type == NGHTTP2_RST_STREAM || (is_message && (frame.flags & is_last) != 0)) {
        finished_[next_finished_++ % finished_kept] = frame.stream;
    }
}

int ServerSession::on_begin_headers(const nghttp2_frame& frame) {
    if (find(frame.hd.stream_id) != nullptr) {
        text_.begin_trailers();
        return 0;
    }
    ++begun_;
    text_.begin(limits_.head, limits_.websockets);
    return 0;
}

int ServerSession::on_header(std::int32_t stream, std::string_view name, std::string_view value) {
    const bool is_first = text_.is_fresh();
    const RequestText::Verdict verdict = text_.add(name, value);
    if (verdict != RequestText::Verdict::kept) {
        const bool malformed = verdict == RequestText::Verdict::malformed;
        (void)nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream,
                                        malformed ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_ENHANCE_YOUR_CALM);
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    return is_first && begun_ > requests_per_read_max ? static_cast<int>(NGHTTP2_ERR_PAUSE) : 0;
}

int ServerSession::on_frame(const nghttp2_frame& frame) {
    switch (frame.hd.type) {
        case NGHTTP2_HEADERS:
            return end_headers(frame);
        case NGHTTP2_DATA:
            if (ServerStream* const stream = find(frame.hd.stream_id);
                stream != nullptr && (frame.hd.flags & is_last) != 0) {
                end_body(*stream, {});
            }
            return 0;
        case NGHTTP2_SETTINGS:
            greeted_ = true;
            return 0;
        case NGHTTP2_PING:
            if ((frame.hd.flags & NGHTTP2_FLAG_ACK) != 0) {
                user_.on_end_acknowledged();
            }
            return 0;
        case NGHTTP2_PRIORITY_UPDATE:
            prioritised_ = static_cast<const nghttp2_ext_priority_update*>(frame.ext.payload)->stream_id;
            return 0;
        default:
            return 0;
    }
}

int ServerSession::end_headers(const nghttp2_frame& frame) {
    const std::int32_t id = frame.hd.stream_id;
    const bool ends = (frame.hd.flags & is_last) != 0;
    if (ServerStream* const stream = find(id)) {
        if (text_.finish(false) != http::Fault::none) {
            reset(*stream, NGHTTP2_PROTOCOL_ERROR);
        } else {
            end_body(*stream, text_.text());
        }
        return 0;
    }
    const http::Fault fault = text_.finish(!ends);
    ServerStream* const stream = user_.on_request(text_, fault, !ends);
    if (stream == nullptr) {
        (void)nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
        return 0;
    }
    stream->id_ = id;
    stream->body_ended_ = ends;
    if (!text_.has_priority() && id != prioritised_) {
        use_default_priority(id);
    }
    require(nghttp2_session_set_stream_user_data(session_.get(), id, stream));
    return 0;
}

// Responses of equal urgency are sent one after the other by RFC 9218, 4.2, unless the visitor requests otherwise. A
// visitor that sends no priorities does not know of them, and would get a short response only after a long one.
void ServerSession::use_default_priority(std::int32_t stream) {
    const nghttp2_extpri usual{NGHTTP2_EXTPRI_DEFAULT_URGENCY, 1};
    require(nghttp2_session_change_extpri_stream_priority(session_.get(), stream, &usual, 0));
}

void ServerSession::end_body(ServerStream& stream, std::string_view trailers) {
    stream.body_ended_ = true;
    stream.on_body_end(trailers);
}

ServerStream* ServerSession::find(std::int32_t stream) const noexcept {
    return static_cast<ServerStream*>(nghttp2_session_get_stream_user_data(session_.get(), stream));
}

void ServerSession::consumed(ServerStream& stream, std::size_t bytes) noexcept {
    stream.unconsumed_ -= bytes;
    (void)nghttp2_session_consume(session_.get(), stream.id_, bytes);
}

std::size_t ServerSession::consume_all(ServerStream& stream) noexcept {
    const std::size_t bytes = stream.unconsumed_;
    consumed(stream, bytes);
    return bytes;
}

// --- out ---

std::string_view ServerSession::next_output(TimePoint now) {
    now_ = now;
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
    if (size == NGHTTP2_ERR_NOMEM) {
        throw std::bad_alloc();
    }
    if (flooded_ && !failed_) {
        fail(name_of(Flood::resets_sent), NGHTTP2_ENHANCE_YOUR_CALM);
    } else if (size < 0 && !failed_) {
        fail(nghttp2_strerror(static_cast<int>(size)), NGHTTP2_INTERNAL_ERROR);
    }
    return size <= 0 ? std::string_view()
                     : std::string_view(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

void ServerSession::interim(ServerStream& stream, const FieldList& fields) {
    require(nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, stream.id_, nullptr, fields.data(), fields.size(),
                                   nullptr) < 0
                ? -1
                : 0);
}

void ServerSession::answer(ServerStream& stream, const FieldList& fields, bool has_body) {
    nghttp2_data_provider body{};
    body.read_callback = &Callbacks::read;
    require(
        nghttp2_submit_response(session_.get(), stream.id_, fields.data(), fields.size(), has_body ? &body : nullptr));
}

void ServerSession::resume(ServerStream& stream) noexcept {
    (void)nghttp2_session_resume_data(session_.get(), stream.id_);
}

void ServerSession::reset(ServerStream& stream, std::uint32_t code) noexcept {
    (void)nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream.id_, code);
}

void ServerSession::forget(ServerStream& stream) noexcept {
    if (find(stream.id_) == &stream) {
        (void)nghttp2_session_set_stream_user_data(session_.get(), stream.id_, nullptr);
    }
}

bool ServerSession::is_flow_blocked(const ServerStream& stream) const noexcept {
    return nghttp2_session_get_remote_window_size(session_.get()) <= 0 ||
           nghttp2_session_get_stream_remote_window_size(session_.get(), stream.id_) <= 0;
}

void ServerSession::announce_end() {
    require(nghttp2_submit_shutdown_notice(session_.get()));
    awaits_end_ack_ = true;
}

void ServerSession::go_away() {
    require(nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                                  nghttp2_session_get_last_proc_stream_id(session_.get()), NGHTTP2_NO_ERROR, nullptr,
                                  0));
}

bool ServerSession::is_over() const noexcept {
    return nghttp2_session_want_read(session_.get()) == 0 && nghttp2_session_want_write(session_.get()) == 0;
}

}  // namespace ferrotunnel::h2
