#include "simulation/link.hpp"

#include <algorithm>

namespace ferrotunnel::simulation {

std::size_t Link::room() noexcept {
    std::uint64_t used = in_flight();
    if (dead_ || closed_ || used >= shape_.capacity) {
        writer_waits_ = true;
        return 0;
    }
    return shape_.capacity - static_cast<std::size_t>(used);
}

void Link::write(Bytes bytes) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    written_ += bytes.size();
    auto line_time = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(
        static_cast<double>(bytes.size()) / static_cast<double>(shape_.bytes_per_second)));
    line_free_ = std::max(line_free_, world_.now()) + line_time;
    world_.at(line_free_ + shape_.delay, [this, n = bytes.size()] { arrive(n); });
}

void Link::close() {
    closed_ = true;
    world_.after(shape_.delay, [this] { plan_delivery(Duration::zero()); });
}

void Link::stall(Duration time) {
    stalled_until_ = std::max(stalled_until_, world_.now() + time);
}

void Link::arrive(std::size_t bytes) {
    arrived_ += bytes;
    plan_delivery(Duration::zero());
}

void Link::plan_delivery(Duration delay) {
    if (!delivery_planned_) {
        delivery_planned_ = true;
        world_.at(std::max(world_.now() + delay, stalled_until_), [this] { deliver(); });
    }
}

std::size_t Link::next_read() {
    auto available = static_cast<std::size_t>(arrived_ - delivered_);
    std::size_t n = std::min<std::size_t>(available, 64 * 1024);
    if (shape_.chop == Chop::anywhere) {
        n = std::min<std::size_t>(n, world_.random().between(1, world_.random().chance(30) ? 100 : 20'000));
    } else if (shape_.chop == Chop::tiny) {
        n = std::min<std::size_t>(n, world_.random().between(1, 24));
    }
    if (cut_after_) {
        n = std::min(n, static_cast<std::size_t>(*cut_after_ - delivered_));
    }
    return n;
}

void Link::deliver() {
    delivery_planned_ = false;
    if (dead_ || swallowing_) {
        return;
    }
    if (world_.now() < stalled_until_) {
        plan_delivery(Duration::zero());
        return;
    }
    if (cut_after_ && delivered_ >= *cut_after_) {
        cut_after_.reset();
        on_cut();
        return;
    }
    std::size_t n = next_read();
    if (n > 0) {
        // A copy: the reader may write in response, and what it writes may end up in this buffer.
        std::vector<std::uint8_t> read(buffer_.begin() + static_cast<std::ptrdiff_t>(buffer_start_),
                                       buffer_.begin() + static_cast<std::ptrdiff_t>(buffer_start_ + n));
        buffer_start_ += n;
        delivered_ += n;
        if (buffer_start_ > 256 * 1024 || buffer_start_ == buffer_.size()) {
            buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(buffer_start_));
            buffer_start_ = 0;
        }
        on_bytes(read);
    }
    if (writer_waits_ && !dead_ && in_flight() < shape_.capacity) {
        writer_waits_ = false;
        on_room();
    }
    if (delivered_ < arrived_ || (cut_after_ && delivered_ >= *cut_after_)) {
        plan_delivery(world_.random().chance(20) ? world_.between(Duration::zero(), std::chrono::microseconds(50))
                                                 : Duration::zero());
    } else if (closed_ && in_flight() == 0 && !eof_delivered_) {
        eof_delivered_ = true;
        on_eof();
    }
}

}  // namespace ferrotunnel::simulation
