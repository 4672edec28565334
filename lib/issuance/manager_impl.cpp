#include "issuance/manager_impl.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "acme/limits.hpp"
#include "acme/renewal.hpp"
#include "base/text.hpp"
#include "base/wipe.hpp"
#include "issuance/limits.hpp"
#include "issuance/name_outcome.hpp"
#include "issuance/outcome_log.hpp"
#include "issuance/store_file.hpp"
#include "issuance/wall_clock.hpp"

namespace ferrotunnel::issuance {

Manager::Impl::Impl(Settings settings, Needs needs)
    : needs_(std::move(needs)),
      settings_(std::move(settings)),
      store_(settings_.folder),
      network_(worker_),
      dns_(worker_.mailbox()),
      commands_(worker_),
      records_({store_, commands_, needs_.log, settings_}),
      directories_(network_),
      accounts_({network_, directories_, store_, needs_.log, settings_}),
      holds_(needs_.random),
      schedule_({store_, [this](WallTime now) { return names_.failures(now); }}, settings_.orders_per_token),
      parts_{network_, store_,    needs_.challenges, dns_,          records_,  directories_, accounts_,
             holds_,   schedule_, needs_.log,        needs_.random, settings_, cluster_},
      queue_(limits::orders_at_once_max),
      names_({queue_, store_, needs_.log, needs_.random, needs_.is_offered, needs_.guests_max}),
      timer_(worker_, [this] { guarded([this] { pump(); }); }),
      save_timer_(worker_, [this] { guarded([this] { save_now(); }); }) {
    store_.make_folders();
    names_.on_change = [this](const std::string& name, const NameEntry* entry) {
        if (entry != nullptr) {
            board_.set(*entry);
        } else {
            board_.remove(name);
        }
    };
    post([this] { begin(); });  // before anything else: what the store knows of failures and budgets comes first
}

// --- of any thread ---

void Manager::Impl::post(std::function<void()> step) {
    worker_.post([this, step = std::move(step)] { guarded(step); });
}

void Manager::Impl::guarded(const std::function<void()>& step) noexcept {
    try {
        step();
    } catch (const std::exception& problem) {
        needs_.log.error("a step of the certificates' manager has failed", {{"reason", problem.what()}});
    }
}

void Manager::Impl::join(std::shared_ptr<ClusterShare> cluster) {
    cluster_ = std::move(cluster);
    needs_.challenges.join(cluster_);
    cluster_->on_certificate([this](const std::string& file, const std::string& /*text*/) { heard(file); });
}

// A step finds the present certificate, so a member that changes one without end has one step waiting, and no key waits
// in memory.
void Manager::Impl::heard(const std::string& file) {
    if (!heard_.add(file)) {
        return;
    }
    post([this, file] {
        heard_.remove(file);
        have_published(file);
    });
}

void Manager::Impl::have_published(const std::string& file) {
    if (auto text = cluster_->certificate(file)) {
        have_shared(file, *text);
        wipe(*text);
    }
}

void Manager::Impl::start() {
    post([this] {
        has_started_ = true;
        pump();
    });
    worker_.start();
}

void Manager::Impl::stop() noexcept {
    if (cluster_) {
        cluster_->on_certificate(nullptr);
    }
    worker_.stop();
    worker_.join();
    running_.clear();
    cluster_ = nullptr;  // by now another manager may have joined it
    queries_.clear();
    key_change_.reset();
    waiting_for_keys_.clear();
    commands_.stop();
    if (is_dirty_) {
        guarded([this] { save_now(); });
    }
}

void Manager::Impl::set(Settings settings) {
    post([this, settings = std::move(settings)]() mutable {
        settings.folder = settings_.folder;
        const bool is_changed = has_started_ && settings != settings_;
        apply(settings);
        if (is_changed) {
            retry_failed();  // what was wrong may be right now
        }
    });
}

void Manager::Impl::offered(const std::string& host, const std::string& token_name, bool is_assigned) {
    post([this, host, token_name, is_assigned] {
        names_.offered(host, token_name, wall_now());
        if (NameEntry* const entry = names_.find(host); entry != nullptr) {
            entry->is_assigned = is_assigned;
            if (cluster_ && has_refused_guests_ && entry->is_new() && !entry->is_running) {
                have_published(entry->file);
            }
        }
        pump();
    });
}

bool Manager::Impl::renew(const std::string& name) {
    const std::string known = name.empty() ? std::string() : board_.known_name(name);
    if (!name.empty() && known.empty()) {
        return false;
    }
    post([this, known] {
        NameEntry* const entry = known.empty() ? nullptr : names_.find(known);
        if (entry != nullptr) {
            holds_.clear();
            if (cluster_) {
                cluster_->forget_failure(entry->file);
            }
            entry->next = wall_now();
            entry->failed_ways.clear();
            entry->has_concluded = false;  // as in retry_failed()
            names_.schedule(*entry, entry->next);
            pump();
        } else if (known.empty()) {
            retry_failed();
        }
    });
    return true;
}

void Manager::Impl::records(bool check, const std::string& host, RecordsDone done) {
    post([this, check, host, done = std::move(done)] {
        const std::uint64_t number = ++last_query_;
        queries_.emplace(number, std::make_unique<RecordQuery>(
                                     parts_, check, host,
                                     [this, number, done](std::vector<PersistRecord> records, std::string problem) {
                                         const auto ended = queries_.extract(number);
                                         show_accounts();
                                         done(std::move(records), std::move(problem));
                                     }));
    });
}

void Manager::Impl::change_keys(KeysDone done) {
    post([this, done = std::move(done)] {
        waiting_for_keys_.push_back(done);
        start_key_change();
    });
}

// --- on the worker ---

void Manager::Impl::begin() {
    const WallTime now = wall_now();
    tidy(now);
    std::string fault;
    const Failures failures = schedule_.load(now, fault);
    if (!fault.empty()) {
        needs_.log.warn("failures and budgets of certificates' orders are forgotten", {{"reason", fault}});
    }
    names_.load(failures, now);
    if (cluster_) {
        begin_sharing();
    }
    apply(settings_);
}

// --- the other members of a cluster ---

void Manager::Impl::begin_sharing() {
    for (auto& [file, text] : cluster_->certificates()) {
        have_shared(file, text);
        wipe(text);
    }
    for (const auto& [name, entry] : names_.all()) {
        if (auto shared = cluster_->certificate(entry->file)) {
            wipe(*shared);
        } else if (entry->chain) {
            publish(*entry);
        }
    }
}

void Manager::Impl::publish(const NameEntry& entry) {
    auto text = read_key_file(store_.certificate_file(entry.file), limits::file_max);
    if (!text || !text.value()) {
        return;  // it was removed, or cannot be read: the edge reports that
    }
    if (!cluster_->publish(entry.file, entry.saved, *text.value(), entry.chain->not_after, wall_now())) {
        needs_.log.warn(
            "a certificate is too long for the cluster, or there are too many: other members have no part "
            "of it",
            {{"name", entry.name}});
    }
    wipe(*text.value());
}

// A member that was away may have published an older one: then it gets ours.
void Manager::Impl::have_shared(const std::string& file, const std::string& text) {
    const WallTime now = wall_now();
    NameEntry* const entry = names_.find_file(file);
    auto shared = read_shared_certificate(file, text, now);
    if (shared && entry != nullptr && entry->chain && !is_newer(shared.value().chain, *entry->chain)) {
        if (is_newer(*entry->chain, shared.value().chain)) {
            publish(*entry);
        }
        wipe(shared.value().key_pem);
        return;
    }
    std::string fault = shared ? std::string() : shared.error();
    if (shared && entry != nullptr && !has_names(shared.value().chain, entry->names)) {
        wipe(shared.value().key_pem);
        fault = "it is for other names than this server's certificate: their settings differ";
    }
    if (shared && entry == nullptr && !names_.has_room_for_shared(read_names(shared.value().chain.names), now)) {
        wipe(shared.value().key_pem);
        refuse_guest(file);
        return;
    }
    if (fault.empty()) {
        SharedCertificate& certificate = shared.value();
        fault = store_.write_certificate(file, certificate.key_pem, certificate.chain.pem, certificate.saved);
        wipe(certificate.key_pem);
    }
    if (!fault.empty()) {
        needs_.log.warn("a certificate of another member of the cluster is not used",
                        {{"name", printable(file, 80)}, {"reason", fault}});
        return;
    }
    if (const NameEntry* const present = names_.have_file(file, now)) {
        needs_.on_certificate(present->name);
        needs_.log.info("a certificate of another member of the cluster is used",
                        {{"name", present->name}, {"member", present->saved.member}});
    }
    pump();
}

void Manager::Impl::refuse_guest(const std::string& file) {
    has_refused_guests_ = true;
    if (!std::exchange(is_logged_.guest, true)) {
        needs_.log.warn(
            "too many certificates of other members are for names that nobody offers: further ones are saved when a "
            "client offers the name",
            {{"name", printable(file, 80)}, {"names_max", needs_.guests_max}});
    }
}

// Those that are wanted by now.
void Manager::Impl::have_refused_guests() {
    if (!cluster_ || !std::exchange(has_refused_guests_, false)) {
        return;
    }
    for (auto& [file, text] : cluster_->certificates()) {
        const NameEntry* const entry = names_.find_file(file);
        if (entry == nullptr || entry->is_new()) {
            have_shared(file, text);
        }
        wipe(text);
    }
}

void Manager::Impl::end_turn(const NameEntry& entry, const IssuanceOutcome& outcome, WallTime now) {
    using Kind = IssuanceOutcome::Kind;
    if (outcome.kind == Kind::issued) {
        publish(entry);
    }
    if (outcome.kind == Kind::failed || outcome.kind == Kind::postponed) {
        cluster_->failed(entry.file, outcome.problem.text, std::chrono::duration_cast<Duration>(entry.next - now));
    } else if (outcome.kind != Kind::staged) {  // that goes on at once
        cluster_->release(entry.file);
    }
}

void Manager::Impl::tidy(WallTime now) {
    tidied_ = now;
    store_.remove_left_over();
    records_.remove_left_over(now);
}

void Manager::Impl::apply(Settings settings) {
    settings_ = std::move(settings);
    network_.ca_file = settings_.ca_file;
    dns_.set_server(settings_.dns_server);
    schedule_.set_per_token(settings_.orders_per_token);
    names_.set(settings_, wall_now());
    have_refused_guests();
    show_accounts();
    pump();
}

void Manager::Impl::retry_failed() {
    const WallTime now = wall_now();
    holds_.clear();
    std::vector<NameEntry*> failed;
    for (const auto& [name, entry] : names_.all()) {
        if (entry->failures > 0 || !entry->problem.empty()) {
            failed.push_back(entry.get());
        }
    }
    for (NameEntry* const entry : failed) {
        if (cluster_) {
            cluster_->forget_failure(entry->file);
        }
        entry->next = now;
        entry->failed_ways.clear();
        entry->has_concluded = false;  // names that a wildcard covers wait for it again
        names_.schedule(*entry, now);
    }
    pump();
}

void Manager::Impl::pump() {
    if (!has_started_) {
        return;
    }
    const WallTime now = wall_now();
    if (now - tidied_ >= limits::tidy_interval || now < tidied_) {
        tidy(now);
        have_refused_guests();
    }
    const bool is_held = key_change_ != nullptr || !waiting_for_keys_.empty();  // its end calls this again
    while (!is_held) {
        NameEntry* const entry = queue_.pop(now);
        if (entry == nullptr) {
            break;
        }
        if (names_.is_wanted(*entry, now)) {
            start_entry(*entry, now);
        }
    }
    const WallTime latest = now + limits::examine_interval;
    const WallTime next = is_held ? latest : std::min(queue_.earliest(), latest);
    timer_.set_after(std::max<Duration>(next - now, std::chrono::milliseconds(1)));
}

void Manager::Impl::start_entry(NameEntry& entry, WallTime now) {
    if (entry.next > now && entry.window_next > now) {
        queue_.ended(entry);
        names_.schedule(entry, now);
    } else if (entry.next > now) {
        request_window(entry, now);
    } else if (entry.is_served = is_covered_by_files(entry); entry.is_served) {
        entry.next = now + limits::served_interval;
        entry.has_concluded = true;
        release(entry, now);
    } else {
        order(entry);
    }
}

bool Manager::Impl::is_covered_by_files(const NameEntry& entry) const {
    return needs_.is_covered &&
           std::all_of(entry.names.begin(), entry.names.end(),
                       [this](const acme::Identifier& name) { return needs_.is_covered(name.value); });
}

// Hosts below `domain` that the server chose are ordered as all others while there is no wildcard for them.
void Manager::Impl::log_once_about(const NameEntry& entry) {
    const bool is_single = entry.names.size() == 1 && !entry.names.front().is_wildcard();
    if (is_single && !entry.is_configured && !std::exchange(is_logged_.publicity, true)) {
        needs_.log.info(
            "certificates are ordered for hosts that clients offer; CAs publish the names in their "
            "certificates forever (certificate transparency)",
            {{"name", entry.name}});
    }
    if (entry.is_assigned && entry.is_new() && !std::exchange(is_logged_.missing_wildcard, true)) {
        needs_.log.info(
            "without a wildcard certificate each host that the server assigns needs one of its own, and only some "
            "new ones a week get it; `ferrotunnel acme record` prints the TXT record for a wildcard",
            {{"name", entry.name}, {"new_names_a_week", acme::limits::names_per_parent}});
    }
}

void Manager::Impl::order(NameEntry& entry) {
    log_once_about(entry);
    entry.is_running = true;
    running_[&entry].issuance = std::make_unique<Issuance>(
        parts_, entry, [this, &entry](const IssuanceOutcome& outcome) { have_outcome(entry, outcome); });
    board_.set(entry);
}

void Manager::Impl::have_outcome(NameEntry& entry, const IssuanceOutcome& outcome) {
    const auto ended = running_.extract(&entry);
    guarded([&] {
        const WallTime now = wall_now();
        const unsigned placed = ended.mapped().issuance->placed();
        board_.count(placed, outcome.kind == IssuanceOutcome::Kind::failed && !outcome.is_hint ? 1 : 0);
        const std::string old_problem = entry.problem;
        note_outcome(entry, outcome, !staging_of(settings_).empty(), now, needs_.random);
        if (outcome.kind == IssuanceOutcome::Kind::issued || outcome.kind == IssuanceOutcome::Kind::renewed) {
            names_.set_certificate(entry, outcome.certificate);
            needs_.on_certificate(entry.name);
        }
        if (ended.mapped().issuance->has_turn()) {
            end_turn(entry, outcome, now);
        }
        log_outcome(needs_.log, entry, outcome, old_problem, now, worker_.now());
        records_.remove_left_over(now, entry.file);  // of an earlier order that was given up
        show_accounts();
        save_soon();
    });
    release(entry, wall_now());
}

void Manager::Impl::request_window(NameEntry& entry, WallTime now) {
    const std::string& ca = entry.saved.directory;
    const auto held = holds_.held_until(ca, now);
    const bool is_known =
        std::find(settings_.directories.begin(), settings_.directories.end(), ca) != settings_.directories.end();
    if (!is_known || held || !entry.chain) {
        entry.window_next = held.value_or(now + acme::limits::retry_after_max);
        release(entry, now);
        return;
    }
    entry.is_running = true;
    running_[&entry].window = std::make_unique<WindowRequest>(
        parts_, ca, entry.chain->renewal_id,
        [this, &entry](const WindowRequest::Answer& answer) { have_window(entry, answer); });
}

void Manager::Impl::have_window(NameEntry& entry, const WindowRequest::Answer& answer) {
    const auto ended = running_.extract(&entry);
    guarded([&] {
        if (!entry.chain) {
            return;  // other settings meanwhile
        }
        const WallTime now = wall_now();
        constexpr std::chrono::minutes after_failure{10};
        const auto retry_after =
            answer.problem.empty()
                ? answer.retry_after
                : std::max<std::chrono::seconds>(answer.retry_after.value_or(after_failure), after_failure);
        entry.window_next = now + acme::next_window_request(*entry.chain, retry_after);
        const bool is_new =
            answer.window && (!entry.saved.window || entry.saved.window->start != answer.window->start ||
                              entry.saved.window->end != answer.window->end);
        if (is_new) {
            entry.saved.window = answer.window;
            const WallTime moment = acme::renewal_time(*entry.chain, answer.window, needs_.random);
            const bool is_ordered = entry.next <= now;  // by renew(), meanwhile
            entry.next = entry.failures > 0 || is_ordered ? std::min(entry.next, moment) : moment;
            const std::string& explanation = answer.window->explanation;
            needs_.log.log_at(explanation.empty() ? LogLevel::debug : LogLevel::info,
                              "the CA suggests a time for the renewal",
                              {{"name", entry.name}, {"explanation", explanation.empty() ? "none" : explanation}});
        } else if (!answer.problem.empty()) {
            needs_.log.debug("the CA suggests no time for the renewal",
                             {{"name", entry.name}, {"reason", answer.problem}});
        }
        entry.saved.window_next = entry.window_next;
        if (!store_.update_certificate_record(entry.file, entry.saved)) {
            entry.next = now;  // an order finds the other process's certificate, or that there is none
        }
    });
    release(entry, wall_now());
}

// The entry runs no more; it may be dropped here.
void Manager::Impl::release(NameEntry& entry, WallTime now) {
    guarded([&] {
        entry.is_running = false;
        queue_.ended(entry);
        names_.concluded(entry, now);
    });
    start_key_change();
    timer_.set_after(Duration::zero());
}

// --- the rest ---

void Manager::Impl::start_key_change() {
    if (waiting_for_keys_.empty() || key_change_ != nullptr || !running_.empty()) {
        return;
    }
    key_change_ = std::make_unique<KeyChange>(parts_, all_cas(), [this](const std::string& problem) {
        const auto ended = std::move(key_change_);
        for (const KeysDone& done : std::exchange(waiting_for_keys_, {})) {
            done(problem);
        }
        timer_.set_after(Duration::zero());
    });
}

std::vector<std::string> Manager::Impl::all_cas() const {
    std::vector<std::string> all = settings_.directories;
    if (const std::string staging = staging_of(settings_);
        !staging.empty() && std::find(all.begin(), all.end(), staging) == all.end()) {
        all.push_back(staging);
    }
    return all;
}

void Manager::Impl::show_accounts() {
    board_.set_accounts(accounts_.status(all_cas()));
}

void Manager::Impl::save_soon() {
    is_dirty_ = true;
    if (!save_timer_.is_set()) {
        save_timer_.set_after(limits::save_delay);
    }
}

void Manager::Impl::save_now() {
    const std::string fault = schedule_.save(wall_now());
    is_dirty_ = !fault.empty();
    if (!fault.empty()) {
        needs_.log.warn("the schedule of certificates cannot be saved", {{"reason", fault}});
    }
}

}  // namespace ferrotunnel::issuance
