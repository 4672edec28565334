#include "peers/name_store.hpp"

#include <utility>

namespace ferrotunnel::peers {

NameStore::NameStore(runtime::Worker& worker, StorePlace place, std::shared_ptr<RegisterDriver> names, Random& random,
                     Logger& log)
    : worker_(worker),
      mailbox_(worker.mailbox()),
      place_(std::move(place)),
      names_(std::move(names)),
      random_(random),
      log_(log) {
    const MutexLock lock(mutex_);
    state_.problem = names_->read([](const cluster::Register& of, TimePoint) { return of.store_problem(); });
}

void NameStore::on_store_claim(const cluster::StoreClaim& claim) {
    {
        const MutexLock lock(mutex_);
        requests_.emplace_back(claim);
    }
    wake();
}

void NameStore::on_store_release(const cluster::StoreRelease& release) {
    {
        const MutexLock lock(mutex_);
        requests_.emplace_back(release);
    }
    wake();
}

void NameStore::woken() {
    if (is_stopped_) {
        return;
    }
    if (!store_) {
        make_store();
    }
    std::deque<Request> requests;
    {
        const MutexLock lock(mutex_);
        requests.swap(requests_);
    }
    for (const Request& request : requests) {
        if (const auto* const claim = std::get_if<cluster::StoreClaim>(&request)) {
            store_->claim(*claim);
        } else {
            store_->release(std::get<cluster::StoreRelease>(request));
        }
    }
    note_waiting();
}

void NameStore::make_store() {
    etcd_store::Store::Handlers handlers;
    handlers.answered = [this](std::uint64_t request, const cluster::StoreAnswer& answer) {
        names_->update(
            [&](cluster::Register& names, TimePoint now) { return names.store_answered(request, answer, now); });
        note_waiting();
    };
    handlers.problem = [this](const std::string& problem) { report(problem); };
    handlers.lost = [this] {
        names_->update([](cluster::Register& names, TimePoint now) { return names.store_lost(now); });
    };
    store_ = std::make_unique<etcd_store::Store>(worker_, place_.settings, place_.to, random_, std::move(handlers));
    store_->start();
}

void NameStore::report(const std::string& problem) {
    names_->update([&](cluster::Register& names, TimePoint now) { return names.set_store_problem(problem, now); });
    bool is_news = false;
    {
        const MutexLock lock(mutex_);
        is_news = state_.problem.empty() != problem.empty() || state_.since == TimePoint{};
        state_.problem = problem;
        state_.since = is_news ? worker_.now() : state_.since;
    }
    if (is_news && problem.empty()) {
        log_.info("etcd decides about names", {{"prefix", place_.settings.prefix}});
    } else if (is_news) {
        log_.warn("etcd cannot be asked about names; names that are known are served, and others refused for now",
                  {{"why", problem}});
    }
}

void NameStore::note_waiting() {
    const MutexLock lock(mutex_);
    state_.waiting = store_->waiting();
}

StoreState NameStore::state() const {
    const MutexLock lock(mutex_);
    return state_;
}

void NameStore::stop() noexcept {
    is_stopped_ = true;
    store_.reset();
}

}  // namespace ferrotunnel::peers
