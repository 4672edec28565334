#include "mux/frame_reader.hpp"

#include <algorithm>
#include <cstring>

namespace ferrotunnel::mux {

void FrameReader::read(const buffer::Slice& bytes, FrameSink& sink) {
    Bytes all = bytes.bytes();
    std::size_t at = 0;
    while (at < all.size() || (in_payload_ && payload_left_ == 0)) {
        if (!in_payload_) {
            if (!read_header(all, at)) {
                return;
            }
            if (!sink.on_header(header_)) {
                return;
            }
            in_payload_ = true;
            payload_left_ = header_.length;
        }
        if (!read_payload(bytes, at, sink)) {
            return;
        }
    }
}

// False while the header is not complete.
bool FrameReader::read_header(Bytes all, std::size_t& at) {
    if (header_have_ == 0 && all.size() - at >= sizeof header_bytes_) {
        header_ = wire::decode_header(all.data() + at);  // nearly always: it is in one piece
        at += sizeof header_bytes_;
        return true;
    }
    std::size_t n = std::min(sizeof header_bytes_ - header_have_, all.size() - at);
    std::memcpy(header_bytes_ + header_have_, all.data() + at, n);
    header_have_ += n;
    at += n;
    if (header_have_ < sizeof header_bytes_) {
        return false;
    }
    header_have_ = 0;
    header_ = wire::decode_header(header_bytes_);
    return true;
}

bool FrameReader::read_payload(const buffer::Slice& bytes, std::size_t& at, FrameSink& sink) {
    if (header_.type == wire::FrameType::data) {
        return pass_data(bytes, at, sink);
    }
    return collect(bytes.bytes(), at, sink);
}

bool FrameReader::pass_data(const buffer::Slice& bytes, std::size_t& at, FrameSink& sink) {
    std::size_t n = std::min(payload_left_, bytes.size() - at);
    if (n == 0 && payload_left_ != 0) {
        return true;
    }
    bool first = payload_left_ == header_.length;
    payload_left_ -= n;
    bool last = payload_left_ == 0;
    in_payload_ = !last;
    buffer::Slice piece = bytes.share(static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(n));
    at += n;
    return sink.on_data(header_, std::move(piece), first, last);
}

bool FrameReader::collect(Bytes all, std::size_t& at, FrameSink& sink) {
    std::size_t n = std::min(payload_left_, all.size() - at);
    Bytes part = all.subspan(at, n);
    at += n;
    payload_left_ -= n;
    frame_end_ = at;
    if (payload_left_ == 0 && collected_.empty()) {
        in_payload_ = false;
        return sink.on_frame(header_, part);
    }
    collected_.insert(collected_.end(), part.begin(), part.end());
    if (payload_left_ != 0) {
        return true;
    }
    in_payload_ = false;
    std::vector<std::uint8_t> whole = std::exchange(collected_, {});
    return sink.on_frame(header_, whole);
}

}  // namespace ferrotunnel::mux
