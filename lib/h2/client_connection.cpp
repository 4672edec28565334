// Requests and responses of the connection; client_callbacks.cpp has the library's callbacks.
#include "h2/client_connection.hpp"

#include <cstring>
#include <new>
#include <utility>

#include "base/text.hpp"

namespace ferrotunnel::h2 {
namespace {

constexpr http::HeadLimits request_limits{limits::h2_backend_request_head_max, limits::h2_backend_request_head_max,
                                          limits::http_fields_max, limits::h2_backend_request_head_max};
constexpr std::size_t first_bytes_max = 16;
constexpr std::size_t kept_capacity_max = 4 * 1024;  // for an empty output

}  // namespace

ClientConnection::ClientConnection(std::string_view scheme)
    : scheme_(scheme), session_(make_session(*this)), parser_(request_limits) {
    produce();
}

// --- from the tunnel ---

std::size_t ClientConnection::feed(Bytes bytes) {
    std::size_t taken = 0;
    while (taken < bytes.size() && !failure_ && !left_) {
        const Bytes rest = bytes.subspan(taken);
        const std::size_t now = phase_ == Phase::head   ? feed_head(rest)
                                : phase_ == Phase::body ? feed_body(rest)
                                                        : feed_rest(rest);
        taken += now;
        if (now == 0) {
            break;
        }
    }
    return taken;
}

std::size_t ClientConnection::feed_head(Bytes bytes) {
    if (exchanging_ || last_) {
        return 0;
    }
    if (nghttp2_session_check_request_allowed(session_.get()) == 0) {
        last_ = true;  // the connection has run out of stream ids
        return 0;
    }
    const std::size_t before = head_bytes_.size();
    head_bytes_.append(as_text(bytes));
    switch (parser_.parse(head_bytes_)) {
        case http::ParseState::more:
            return bytes.size();
        case http::ParseState::refused:
            answer_.begin(parser_.method());
            answer_.refuse(parser_.refusal().status);
            exchanging_ = last_ = true;
            std::string().swap(head_bytes_);
            return bytes.size();
        case http::ParseState::complete:
            break;
    }
    const std::size_t taken = parser_.size() - before;
    begin_exchange();
    parser_.reset();
    std::string().swap(head_bytes_);  // a connection that waits holds no memory for a request
    return taken;
}

void ClientConnection::begin_exchange() {
    const http::RequestHead& head = parser_.head();
    answer_.begin(head.method);
    rules_.begin(head.method);
    fields_.set_request(head, scheme_);
    body_ = http::BodyReader(head.body);
    last_error_.clear();
    last_ = last_ || !head.keep_alive;
    exchanging_ = stream_open_ = true;
    const bool has_body = body_.state() == http::BodyState::more;
    phase_ = has_body ? Phase::body : Phase::head;
    nghttp2_data_provider provider{};
    provider.read_callback = on_read_body;
    stream_ = nghttp2_submit_request(session_.get(), nullptr, fields_.data(), fields_.size(),
                                     has_body ? &provider : nullptr, nullptr);
    if (stream_ < 0) {
        fail(std::string("the request cannot be sent: ") + nghttp2_strerror(stream_), true);
        return;
    }
    produce();
}

// The library asks for the body when there is a window; the rest stays where it is.
std::size_t ClientConnection::feed_body(Bytes bytes) {
    input_ = as_text(bytes);
    (void)nghttp2_session_resume_data(session_.get(), stream_);  // without effect if the stream waits for its window
    produce();
    const std::size_t taken = bytes.size() - input_.size();
    input_ = {};
    if (phase_ == Phase::body && body_.state() == http::BodyState::complete) {
        phase_ = Phase::head;
        end_if_over();
    }
    return taken;
}

ssize_t ClientConnection::read_body(std::uint8_t* into, std::size_t size, std::uint32_t& flags) {
    if (waiting() >= limits::h2_backend_output_max) {
        return NGHTTP2_ERR_DEFERRED;
    }
    std::size_t filled = 0;
    while (filled < size && !input_.empty() && body_.state() == http::BodyState::more) {
        const http::BodyReader::Piece piece = body_.next(input_.substr(0, size - filled));
        std::memcpy(into + filled, piece.payload.data(), piece.payload.size());
        filled += piece.payload.size();
        input_.remove_prefix(piece.consumed);
    }
    if (body_.state() == http::BodyState::refused) {
        last_error_ = "the request body is malformed: " + std::string(body_.refusal().text);
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    if (body_.state() == http::BodyState::complete) {
        flags |= NGHTTP2_DATA_FLAG_EOF;
        if (!body_.trailers().empty()) {
            flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            fields_.set_trailers(body_.trailers());
            if (nghttp2_submit_trailer(session_.get(), stream_, fields_.data(), fields_.size()) != 0) {
                return NGHTTP2_ERR_CALLBACK_FAILURE;
            }
        }
        return static_cast<ssize_t>(filled);
    }
    return filled == 0 ? static_cast<ssize_t>(NGHTTP2_ERR_DEFERRED) : static_cast<ssize_t>(filled);
}

// The rest of a body that the backend does not want any more, before the next request.
std::size_t ClientConnection::feed_rest(Bytes bytes) {
    const http::BodyReader::Piece piece = body_.next(as_text(bytes));
    if (body_.state() == http::BodyState::refused) {
        fail("the request body is malformed: " + std::string(body_.refusal().text));
    } else if (body_.state() == http::BodyState::complete) {
        phase_ = Phase::head;
        end_if_over();
    }
    return piece.consumed;
}

void ClientConnection::leave(std::uint32_t code) {
    if (left_) {
        return;
    }
    left_ = true;
    if (stream_open_ && stream_ > 0) {
        (void)nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream_, code);
        produce();  // a session that ends sends none
    }
    (void)nghttp2_session_terminate_session(session_.get(), NGHTTP2_NO_ERROR);
    produce();
}

// --- to the tunnel ---

std::size_t ClientConnection::give(MutableBytes into) {
    const ClientAnswer::Given given = answer_.give(into);
    if (given.payload > 0) {
        (void)nghttp2_session_consume(session_.get(), stream_, given.payload);
        produce();
    }
    end_if_over();
    return given.bytes;
}

void ClientConnection::end_if_over() {
    if (exchanging_ && phase_ == Phase::head && answer_.is_over()) {
        exchanging_ = false;
    }
}

// --- with the backend ---

void ClientConnection::sent(std::size_t bytes) {
    output_at_ += bytes;
    if (output_at_ < output_.size()) {
        return;
    }
    output_at_ = 0;
    output_.clear();
    if (output_.capacity() > kept_capacity_max) {
        std::string().swap(output_);
    }
}

bool ClientConnection::may_receive() const noexcept {
    return waiting() < limits::h2_backend_output_stop && answer_.head_bytes() < limits::h2_backend_heads_max;
}

void ClientConnection::receive(Bytes bytes) {
    if (failure_ || left_) {
        return;
    }
    if (!has_spoken_ && first_bytes_.size() < first_bytes_max) {
        first_bytes_.append(as_text(bytes).substr(0, first_bytes_max));
    }
    const ssize_t read = nghttp2_session_mem_recv(session_.get(), bytes.data(), bytes.size());
    if (read < 0) {
        fail(std::string("its frames cannot be read: ") + nghttp2_strerror(static_cast<int>(read)));
        return;
    }
    produce();
    check_end();
}

// The library has sent, or received, a GOAWAY that leaves nothing to do.
void ClientConnection::check_end() {
    const bool goes_on =
        nghttp2_session_want_read(session_.get()) != 0 || nghttp2_session_want_write(session_.get()) != 0;
    if (goes_on || failure_) {
        return;
    }
    if (!has_spoken_) {
        fail_not_http2();
    } else if (exchanging_ && !answer_.is_complete()) {
        fail("it breaks the rules of HTTP/2" + (last_error_.empty() ? std::string() : ": " + last_error_));
    } else {
        receive_end();
    }
}

void ClientConnection::receive_end() {
    if (failure_ || left_) {
        return;
    }
    last_ = true;
    if (!has_spoken_) {
        fail_not_http2();
    } else if (exchanging_ && !answer_.is_complete()) {
        fail("it closed the connection before the exchange was complete");
    } else {
        stop_body();
    }
}

// The backend accepts no more of the request.
void ClientConnection::stop_body() noexcept {
    stream_open_ = false;
    if (phase_ == Phase::body) {
        phase_ = body_.state() == http::BodyState::complete ? Phase::head : Phase::rest;
    }
}

void ClientConnection::stream_closed(std::uint32_t code) {
    stop_body();
    if (answer_.is_complete() || left_) {
        return;
    }
    std::string why = std::string("the stream was reset: ") + nghttp2_http2_strerror(code);
    const bool is_ours = !last_error_.empty();  // the library has found a violation
    fail(is_ours ? why + " (" + last_error_ + ')' : std::move(why), code == NGHTTP2_REFUSED_STREAM);
    if (!is_ours && !failure_->reset_code) {
        failure_->reset_code = code;
    }
}

void ClientConnection::fail(std::string why, bool is_unprocessed) {
    if (!failure_) {
        failure_ = Failure{std::move(why), is_unprocessed, false};
    }
}

void ClientConnection::fail_malformed(std::string_view field) {
    std::string why = "its response breaks the rules of HTTP/2";
    if (!field.empty()) {
        constexpr std::size_t shown_max = 60;
        why += ", in the field " + printable(field, shown_max);
    }
    fail(std::move(why));
}

bool ClientConnection::require_valid(bool kept) {
    if (!kept && !failure_) {
        fail_malformed();
    }
    return !failure_;
}

void ClientConnection::fail_not_http2() {
    if (failure_) {
        return;
    }
    if (first_bytes_.starts_with("HTTP/")) {
        failure_ = Failure{"it speaks HTTP/1.1 and not HTTP/2: write its address without h2c:// or h2://", false, true};
    } else if (first_bytes_.empty()) {
        failure_ = Failure{"it closed the connection before it sent any HTTP/2", false, true};
    } else {
        failure_ = Failure{"it does not speak HTTP/2", false, true};
    }
}

void ClientConnection::produce() {
    const std::uint8_t* bytes = nullptr;
    ssize_t size = 0;
    while ((size = nghttp2_session_mem_send(session_.get(), &bytes)) > 0) {
        output_.append(as_text({bytes, static_cast<std::size_t>(size)}));
    }
    if (size < 0) {
        fail(std::string("its frames cannot be answered: ") + nghttp2_strerror(static_cast<int>(size)));
    }
}

}  // namespace ferrotunnel::h2
