#include "exchange/backend_pool.hpp"

#include <algorithm>
#include <utility>

namespace ferrotunnel::exchange {

namespace {

/// How many services without an idle stream keep their entry: usually a stream returns soon.
constexpr std::size_t empty_max = 64;
constexpr auto sweep_interval = std::chrono::milliseconds(200);

}  // namespace

IntrusivePtr<BackendStream> BackendPool::take(const directory::HttpService& service, std::uint64_t owner,
                                              BackendUser& user) {
    auto found = idle_.find({service.serial(), owner});
    if (found == idle_.end()) {
        return nullptr;
    }
    IntrusivePtr<BackendStream> taken;
    auto& streams = found->second;
    while (!taken && !streams.empty()) {
        IntrusivePtr<BackendStream> last = std::move(streams.back());
        streams.pop_back();
        --size_;
        if (last->is_fresh() && last->is_carried()) {
            last->use(user);
            taken = std::move(last);
        } else {
            last->close();
        }
    }
    return taken;
}

void BackendPool::put(IntrusivePtr<BackendStream> stream) noexcept {
    try {
        keep(*stream);
    } catch (const std::exception&) {
        stream->close();  // no memory for another one; its user must not be called any more
    }
}

void BackendPool::keep(BackendStream& stream) {
    if (size_ >= max_ || !stream.is_fresh()) {
        stream.close();
        return;
    }
    if (idle_.size() > size_ + empty_max) {
        std::erase_if(idle_, [](const auto& entry) { return entry.second.empty(); });
    }
    auto& streams = idle_[key_of(stream)];
    if (streams.size() >= per_service_max_) {
        stream.close();
        return;
    }
    streams.emplace_back(&stream);
    ++size_;
    stream.make_idle(idle_time_);
    if (!is_set()) {
        wheel_.set_after(*this, sweep_interval);
    }
}

void BackendPool::on_deadline() noexcept {
    try {
        sweep();
    } catch (const std::exception&) {  // no memory; the streams end when their time is over
    }
    if (size_ > 0) {
        wheel_.set_after(*this, sweep_interval);
    }
}

void BackendPool::sweep() {
    std::vector<IntrusivePtr<BackendStream>> left_behind;
    for (auto& [serial, streams] : idle_) {
        for (auto& stream : streams) {
            if (!stream->is_carried()) {
                left_behind.push_back(stream);
            }
        }
    }
    for (auto& stream : left_behind) {
        drop(*stream);
    }
}

void BackendPool::drop(BackendStream& stream) noexcept {
    auto found = idle_.find(key_of(stream));
    if (found != idle_.end()) {
        auto& streams = found->second;
        auto at = std::find_if(streams.begin(), streams.end(), [&](const auto& each) { return each.get() == &stream; });
        if (at != streams.end()) {
            streams.erase(at);
            --size_;
        }
        if (streams.empty()) {
            idle_.erase(found);
        }
    }
    stream.close();
}

void BackendPool::clear() noexcept {
    auto all = std::exchange(idle_, {});
    size_ = 0;
    for (auto& [key, streams] : all) {
        for (auto& stream : streams) {
            stream->abort(wire::Code::cancelled);
        }
    }
    auto closing = std::exchange(closing_, {});
    for (auto& [at, stream] : closing) {
        stream->abort(wire::Code::cancelled);
    }
}

}  // namespace ferrotunnel::exchange
