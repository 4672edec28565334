#include "peers/value_keeping.hpp"

#include <utility>
#include <vector>

#include "transport/tls_context.hpp"

namespace ferrotunnel::peers {

ValueKeeping::ValueKeeping(StorePlace place, std::shared_ptr<const transport::ClusterKeys> keys, Needs needs)
    : needs_(std::move(needs)), place_(std::move(place)), keys_(std::move(keys)) {
    const MutexLock lock(mutex_);
    state_.problem = "it has not answered yet";
}

void ValueKeeping::start() {
    run([](etcd_store::ValueKeeper&) {});
    needs_.values->watch("", [weak = weak_from_this()](const std::string& key, const auto&) {
        const auto self = weak.lock();
        if (self && self->keeper_) {
            self->keeper_->changed(key);
        }
    });
}

void ValueKeeping::run(Task task) {
    (void)needs_.worker.post([self = shared_from_this(), task = std::move(task)]() {
        if (self->is_stopped_) {
            return;
        }
        try {
            if (!self->keeper_) {
                self->make_keeper();
            }
        } catch (const transport::TlsConfigError& error) {
            self->report(error.what());
            return;
        }
        task(*self->keeper_);
    });
}

void ValueKeeping::make_keeper() {
    etcd_store::ValueKeeper::Handlers handlers;
    handlers.present = [this](const std::string& key) {
        return needs_.names->read(
            [&](const cluster::Register& names, TimePoint now) { return names.values().last_change(key, now); });
    };
    handlers.keys = [this] {
        std::vector<std::string> keys;
        for (auto& [key, value] : needs_.values->all("")) {
            keys.push_back(std::move(key));
        }
        return keys;
    };
    handlers.heard = [this](const cluster::Value& value) {
        needs_.names->update([&](cluster::Register& names, TimePoint now) { return names.hear_value(value, now); });
    };
    handlers.problem = [this](const std::string& problem) { report(problem); };
    handlers.counted = [this](const etcd_store::ValueCounts& counts) {
        const MutexLock lock(mutex_);
        state_.counts = counts;
    };
    keeper_ = std::make_unique<etcd_store::ValueKeeper>(needs_.worker, place_.settings, place_.to, needs_.random,
                                                        *keys_, std::move(handlers));
    keeper_->start();
}

void ValueKeeping::set_keys(std::shared_ptr<const transport::ClusterKeys> keys) {
    run([self = shared_from_this(), keys = std::move(keys)](etcd_store::ValueKeeper& keeper) {
        try {
            keeper.set_keys(*keys);
        } catch (const transport::TlsConfigError& error) {
            self->needs_.log.error("values in etcd are not sealed by the changed key of the cluster",
                                   {{"why", error.what()}});
        }
    });
}

void ValueKeeping::when_stored(const std::string& key, std::function<void()> stored) {
    run([self = shared_from_this(), key, stored = std::move(stored)](etcd_store::ValueKeeper& keeper) {
        const auto change = self->needs_.names->read(
            [&key](const cluster::Register& names, TimePoint now) { return names.values().last_change(key, now); });
        if (change) {
            keeper.when_stored(*change, stored);
        }
    });
}

void ValueKeeping::report(const std::string& problem) {
    bool is_news = false;
    {
        const MutexLock lock(mutex_);
        is_news = state_.problem.empty() != problem.empty() || state_.since == TimePoint{};
        state_.problem = problem;
        state_.since = is_news ? needs_.worker.now() : state_.since;
    }
    if (is_news && problem.empty()) {
        needs_.log.info("etcd keeps what the members of the cluster share", {{"prefix", place_.settings.prefix}});
    } else if (is_news) {
        needs_.log.warn(
            "etcd does not keep what the members of the cluster share; linked members still tell each other",
            {{"why", problem}});
    }
    if (problem.empty() && !std::exchange(was_read_, true) && needs_.was_read) {
        needs_.was_read();
    }
}

ValueState ValueKeeping::state() const {
    const MutexLock lock(mutex_);
    return state_;
}

void ValueKeeping::stop() noexcept {
    is_stopped_ = true;
    keeper_.reset();
}

}  // namespace ferrotunnel::peers
