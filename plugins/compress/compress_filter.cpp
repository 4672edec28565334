#include "compress/compress_filter.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace ferrotunnel::plugins {
namespace {

constexpr std::size_t piece_max = 16'376;          // of any piece that a filter receives
constexpr std::size_t held_back_max = 128 * 1024;  // otherwise megabytes of zeros would produce no output for a long
                                                   // time

}  // namespace

CompressFilter::CompressFilter(std::unique_ptr<Encoder> encoder, MemoryBudget::Share share)
    : share_(std::move(share)), encoder_(std::move(encoder)) {
    piece_.reserve(piece_max);  // so that chunk() cannot fail
}

void CompressFilter::chunk(plugin::Text in, bool last, plugin::Sink& out) {
    piece_.assign(in);
    rest_ = piece_;
    held_back_ += in.size();
    goal_ = last ? Goal::finish : held_back_ >= held_back_max ? Goal::flush : Goal::take;
    out.more();
}

void CompressFilter::flush(plugin::Sink& out) {
    if (held_back_ > 0) {
        goal_ = Goal::flush;
        out.more();
    }
}

void CompressFilter::pull(plugin::Sink& out) {
    std::array<char, 8 * 1024> room;
    bool is_done = false;
    while (!is_done) {
        const std::size_t most = std::min(out.room(), room.size());
        if (most == 0) {
            out.more();
            return;
        }
        const Encoder::Step step = encoder_->encode(rest_, goal_, std::span(room).first(most));
        if (!out.write({room.data(), step.written})) {
            throw std::runtime_error("out of memory for a compressed response");
        }
        is_done = step.is_done;
    }
    held_back_ = goal_ == Goal::take ? held_back_ : 0;
}

}  // namespace ferrotunnel::plugins
