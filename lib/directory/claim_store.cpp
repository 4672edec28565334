#include "directory/claim_store.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace ferrotunnel::directory {
ClaimStore::ClaimStore(Settings settings, std::shared_ptr<Registry> registry, std::shared_ptr<HttpDirectory> http,
                       const login::AcceptedTokens& tokens, Logger& log,
                       std::shared_ptr<login::ExternalTokens> external)
    : settings_(std::move(settings)),
      registry_(std::move(registry)),
      http_(std::move(http)),
      log_(log),
      file_(settings_.directory) {
    restore(tokens, external.get());
    registry_->on_change([this] { on_change(); });
    http_->on_change([this] { on_change(); });
    thread_ = std::thread([this] { run(); });
}

ClaimStore::~ClaimStore() {
    finish();
}

void ClaimStore::restore(const login::AcceptedTokens& tokens, login::ExternalTokens* external) {
    ClaimRecord record = file_.read();
    // Claims under a token's second secret belong to the token.
    const auto is_foreign = [&tokens, external](auto& entry) {
        const auto owner = std::find_if(tokens->begin(), tokens->end(), [&entry](const login::AcceptedToken& one) {
            return one.is_known_by(entry.owner);
        });
        if (owner != tokens->end()) {
            entry.owner = owner->token.id;
        }
        if (owner == tokens->end() && external != nullptr) {
            external->remember(entry.owner);
        }
        return owner == tokens->end() && external == nullptr;
    };
    const auto drop_foreign = [&is_foreign](auto& entries) {
        std::remove_reference_t<decltype(entries)> own;
        for (auto& entry : entries) {
            if (!is_foreign(entry)) {
                own.push_back(std::move(entry));
            }
        }
        entries = std::move(own);
    };
    drop_foreign(record.hosts);
    drop_foreign(record.assigned);
    drop_foreign(record.ports);
    http_->restore(record, Clock::now(), std::chrono::system_clock::now());
    for (const ClaimRecord::Port& port : record.ports) {
        registry_->keep(port.port, port.owner, Clock::now() + Registry::ports_kept_for, port.transport);
    }
    restored_ports_ = record.ports;
    if (!record.hosts.empty() || !record.ports.empty()) {
        log_.info("saved claims were read", {{"hosts", record.hosts.size()}, {"ports", record.ports.size()}});
    }
}

void ClaimStore::set_names(std::map<login::TokenId, login::TokenId> names) {
    const MutexLock lock(mutex_);
    if (names_ != names) {
        names_.swap(names);
        if (!std::exchange(changed_, true)) {
            wake_.notify_all();
        }
    }
}

void ClaimStore::write_now() {
    ReleasableLock lock(mutex_);
    urgent_ = true;
    wake_.notify_all();
    written_.wait_for(lock, std::chrono::seconds(1), [this]() REQUIRES(mutex_) { return !urgent_; });
}

void ClaimStore::finish() {
    registry_->on_change({});
    http_->on_change({});
    {
        const MutexLock lock(mutex_);
        finishing_ = true;
        wake_.notify_all();
    }
    if (thread_.joinable()) {
        thread_.join();
    }
    file_.give_up();
}

// Called on any thread, with locks held: as short as possible.
void ClaimStore::on_change() noexcept {
    const MutexLock lock(mutex_);
    if (!std::exchange(changed_, true)) {
        wake_.notify_all();
    }
}

// Waits; false if the server ends meanwhile.
bool ClaimStore::wait(Duration time) {
    ReleasableLock lock(mutex_);
    return !wake_.wait_for(lock, time, [this]() REQUIRES(mutex_) { return finishing_ || urgent_; }) || !finishing_;
}

void ClaimStore::run() {
    while (true) {
        {
            ReleasableLock lock(mutex_);
            wake_.wait(lock, [this]() REQUIRES(mutex_) { return changed_ || finishing_ || urgent_; });
        }
        const bool goes_on = wait(settings_.settle);
        bool changed = false;
        {
            const MutexLock lock(mutex_);
            changed = std::exchange(changed_, false);
        }
        if (changed) {
            save();
        }
        {
            const MutexLock lock(mutex_);
            urgent_ = urgent_ && changed_;
            written_.notify_all();
        }
        if (!goes_on || !wait(settings_.pause)) {
            break;
        }
    }
    ReleasableLock lock(mutex_);
    if (std::exchange(changed_, false)) {
        lock.unlock();
        save();
    }
}

// Logs a problem, once as long as it lasts.
void ClaimStore::log_problem(const std::string& problem) {
    if (!problem.empty() && !std::exchange(problem_logged_, true)) {
        log_.warn("claims cannot be saved: after a restart their hosts are unknown until their clients reconnect",
                  {{"directory", settings_.directory.string()}, {"why", problem}});
    }
    problem_logged_ = problem_logged_ && !problem.empty();
}

std::map<login::TokenId, login::TokenId> ClaimStore::names() {
    const MutexLock lock(mutex_);
    return names_;
}

void ClaimStore::save() try {
    if (!file_.own()) {
        log_problem(file_.why_not());
        return;
    }
    ClaimRecord record = http_->claims(Clock::now(), std::chrono::system_clock::now());
    record.ports = registry_->ports(Clock::now());
    const PortAddresses addresses = settings_.addresses ? settings_.addresses() : PortAddresses();
    for (ClaimRecord::Port& port : record.ports) {
        if (const auto at = addresses.find({port.owner, port.transport, port.port}); at != addresses.end()) {
            port.address = at->second;
        }
    }
    const auto rename = [names = names()](auto& entries) {
        for (auto& entry : entries) {
            const auto name = names.find(entry.owner);
            entry.owner = name != names.end() ? name->second : entry.owner;
        }
    };
    rename(record.hosts);
    rename(record.assigned);
    rename(record.ports);
    share_out(record);
    log_problem(file_.write(record));
} catch (const std::exception&) {
    // No memory for it now: the next change retries.
}

}  // namespace ferrotunnel::directory
