#include "h2/client_answer.hpp"

#include <algorithm>
#include <array>

#include "h2/client_limits.hpp"
#include "http/chunked.hpp"
#include "http/field_name.hpp"
#include "http/refusal.hpp"

namespace ferrotunnel::h2 {
namespace {

// Releases the memory of taken bytes: a connection that waits for its next request holds none.
void drop(std::string& text, std::size_t& at) {
    std::string().swap(text);
    at = 0;
}

// Copies as much of the rest of `text` as fits.
std::size_t copy_out(std::string& text, std::size_t& at, MutableBytes into) {
    const std::size_t size = std::min(text.size() - at, into.size());
    std::copy_n(text.data() + at, size, into.data());
    at += size;
    if (at == text.size()) {
        drop(text, at);
    }
    return size;
}

}  // namespace

void ClientAnswer::begin(http::Method method) noexcept {
    *this = {};
    method_ = method;
}

// --- from the backend ---

bool ClientAnswer::field(std::string_view name, std::string_view value) {
    has_begun_ = true;
    field_bytes_ += name.size() + value.size() + 32;
    if (++field_count_ > limits::h2_backend_fields_max || field_bytes_ > limits::h2_backend_head_max) {
        return false;
    }
    if (name == ":status") {
        status_ = 0;
        for (const char digit : value) {  // three digits, as the library has checked
            status_ = static_cast<std::uint16_t>(status_ * 10 + (digit - '0'));
        }
        return true;
    }
    if (!has_head_ && name == "content-length") {
        content_length_ = value;
        return true;
    }
    is_grpc_ = is_grpc_ || (!has_head_ && name == "content-type" && value.starts_with("application/grpc"));
    has_trailer_field_ = has_trailer_field_ || (!has_head_ && name == "trailer");
    fields_.append(name).append(": ").append(value).append("\r\n");
    return true;
}

void ClientAnswer::write_status() {
    const std::array<char, 3> digits = {static_cast<char>('0' + status_ / 100 % 10),
                                        static_cast<char>('0' + status_ / 10 % 10),
                                        static_cast<char>('0' + status_ % 10)};
    text_.append("HTTP/1.1 ").append(digits.data(), digits.size()).append(" ");
    text_.append(http::reason_of(status_)).append("\r\n");
}

// Without content there is no body for a length; trailers need chunks, and only gRPC responses and those that announce
// trailers are known to have some.
void ClientAnswer::write_framing(bool last) {
    const bool has_no_body = method_ == http::Method::head || status_ == 204 || status_ == 304;
    if (has_no_body) {
        if (content_length_ && status_ != 204) {
            text_.append("content-length: ").append(*content_length_).append("\r\n");
        }
    } else if (last) {
        text_.append("content-length: 0\r\n");
    } else if (content_length_ && !is_grpc_ && !has_trailer_field_) {
        framing_ = Framing::length;
        text_.append("content-length: ").append(*content_length_).append("\r\n");
    } else {
        framing_ = Framing::chunked;
        text_.append("transfer-encoding: chunked\r\n");
    }
}

void ClientAnswer::end_of_head(bool last, bool closes) {
    const bool interim = status_ < 200;
    write_status();
    text_.append(fields_);
    if (!interim) {
        write_framing(last);
        if (closes) {
            text_.append("connection: close\r\n");
        }
        has_head_ = true;
        complete_ = last;
    }
    text_.append("\r\n");
    std::string().swap(fields_);
    field_count_ = field_bytes_ = 0;
    content_length_.reset();
    is_grpc_ = has_trailer_field_ = false;
}

std::size_t ClientAnswer::data(Bytes bytes) {
    if (framing_ == Framing::none) {
        return bytes.size();
    }
    if (body_at_ > 0 && body_at_ >= body_.size() - body_at_) {  // at least as many bytes were taken as have to be moved
        body_.erase(0, body_at_);
        body_at_ = 0;
    }
    body_.append(as_text(bytes));
    return 0;
}

void ClientAnswer::end() {
    if (complete_) {
        return;
    }
    complete_ = true;
    if (framing_ == Framing::chunked) {
        end_.append("0\r\n").append(fields_).append("\r\n");
    }
    std::string().swap(fields_);
}

void ClientAnswer::refuse(std::uint16_t status) {
    begin(method_);
    status_ = status;
    has_begun_ = true;
    end_of_head(true, true);
}

// --- to the tunnel ---

bool ClientAnswer::has_output() const noexcept {
    return text_at_ < text_.size() || body_at_ < body_.size() || end_at_ < end_.size();
}

ClientAnswer::Given ClientAnswer::give(MutableBytes into) {
    Given given;
    while (given.bytes < into.size() && has_output()) {
        const MutableBytes room = into.subspan(given.bytes);
        if (!text_.empty()) {
            given.bytes += copy_out(text_, text_at_, room);
        } else if (body_bytes() == 0) {
            given.bytes += copy_out(end_, end_at_, room);
        } else if (framing_ == Framing::chunked && chunk_left_ == 0) {
            chunk_left_ = body_bytes();
            text_ = http::ChunkHead(chunk_left_).text();
        } else {
            const std::size_t size = take_body(room);
            given.bytes += size;
            given.payload += size;
        }
    }
    return given;
}

// Gives bytes of the body; with chunks, only those of an open chunk.
std::size_t ClientAnswer::take_body(MutableBytes into) {
    const bool in_chunk = framing_ == Framing::chunked;
    const std::size_t size = std::min(into.size(), in_chunk ? chunk_left_ : body_bytes());
    std::copy_n(body_.data() + body_at_, size, into.data());
    body_at_ += size;
    if (in_chunk) {
        chunk_left_ -= size;
        text_ = chunk_left_ == 0 ? http::chunk_end : std::string_view();
    }
    if (body_at_ == body_.size()) {
        drop(body_, body_at_);
    }
    return size;
}

}  // namespace ferrotunnel::h2
