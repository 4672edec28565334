// Cuts a trunk's bytes into frames. DATA payload is passed on in pieces as it arrives, without a copy. Every other
// frame is passed on whole: in place if it lies in one piece, otherwise assembled in a small buffer.
#pragma once

#include <cstdint>
#include <vector>

#include "buffer/slab.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::mux {

/// Receives what the reader finds. Each function returns false to stop the reader: the session has failed.
class FrameSink {
public:
    virtual ~FrameSink() = default;
    /// A header, before its payload. Rules without state are not checked yet.
    virtual bool on_header(const wire::FrameHeader& header) = 0;
    /// A piece of a DATA payload; `first` and `last` mark its ends. A DATA without payload has one empty piece.
    virtual bool on_data(const wire::FrameHeader& header, buffer::Slice piece, bool first, bool last) = 0;
    /// Any other frame, whole. `payload` is a view.
    virtual bool on_frame(const wire::FrameHeader& header, Bytes payload) = 0;
};

class FrameReader {
public:
    /// Reads all of `bytes`, unless the sink stops it.
    void read(const buffer::Slice& bytes, FrameSink& sink);
    /// Within FrameSink::on_frame, and after a read that it stopped: where the frame ends in the bytes being read.
    std::size_t frame_end() const noexcept { return frame_end_; }

private:
    bool read_header(Bytes rest, std::size_t& used);
    bool read_payload(const buffer::Slice& bytes, std::size_t& at, FrameSink& sink);
    bool pass_data(const buffer::Slice& bytes, std::size_t& at, FrameSink& sink);
    bool collect(Bytes rest, std::size_t& used, FrameSink& sink);

    std::uint8_t header_bytes_[limits::frame_header_bytes] = {};
    std::size_t header_have_ = 0;
    wire::FrameHeader header_;
    std::size_t payload_left_ = 0;
    std::size_t frame_end_ = 0;
    bool in_payload_ = false;
    std::vector<std::uint8_t> collected_;  // at most one frame's payload, released after the frame
};

}  // namespace ferrotunnel::mux
