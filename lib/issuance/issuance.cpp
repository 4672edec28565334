#include "issuance/issuance.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "issuance/configured_names.hpp"
#include "issuance/failure_text.hpp"
#include "issuance/limits.hpp"
#include "issuance/store_file.hpp"
#include "issuance/wall_clock.hpp"

namespace ferrotunnel::issuance {
namespace {

using Kind = IssuanceOutcome::Kind;

// The domain above a name, for the budget of its new names.
std::string parent_of(const NameEntry& entry) {
    const std::size_t dot = entry.name.find('.');
    return dot == std::string::npos ? std::string() : entry.name.substr(dot + 1);
}

bool is_key(const std::string& pem) {
    try {
        (void)acme::Key::from_pem(pem);
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

// The wildcard of `domain` is: each host below it may have a certificate of its own.
bool is_optional(const NameEntry& entry, const Settings& settings) {
    return entry.is_configured && !entry.is_explicit && entry.is_new() && entry.names.size() > 1 &&
           has_way_without_dns(settings);
}

bool has_address(const acme::Identifiers& names) {
    return std::any_of(names.begin(), names.end(),
                       [](const acme::Identifier& name) { return name.type == acme::Identifier::Type::ip; });
}

}  // namespace

std::string staging_of(const Settings& settings) {
    if (!settings.staging.empty()) {
        return settings.staging;
    }
    for (const std::string& directory : settings.directories) {
        if (std::string known = acme::known_staging(directory); !known.empty()) {
            return known;
        }
    }
    return {};
}

Issuance::Issuance(const Parts& parts, NameEntry& entry, Done done)
    : parts_(parts),
      entry_(entry),
      done_(std::move(done)),
      timer_(parts.network.worker,
             [this] {
                 const std::function<void()> step = std::exchange(step_, nullptr);
                 try {
                     step();
                 } catch (const std::exception& problem) {  // of OpenSSL
                     note(local_problem(problem.what()));
                     fail();
                 }
             }),
      keep_timer_(parts.network.worker,
                  [this] {
                      parts_.cluster->keep(entry_.file);
                      keep_timer_.set_after(ClusterShare::keep_interval);
                  }),
      self_(std::make_shared<Issuance*>(this)) {
    later([this] { begin(); });
}

Issuance::~Issuance() {
    *self_ = nullptr;
}

void Issuance::later(std::function<void()> step, Duration delay) {
    step_ = std::move(step);
    timer_.set_after(delay);
}

// --- before an order ---

void Issuance::begin() {
    std::string fault;
    if (!lock_.acquire(parts_.store.lock_file(entry_.file), fault)) {
        if (fault.empty()) {
            end_busy({});
        } else {
            note(local_problem(std::move(fault)));
            fail();
        }
        return;
    }
    if (is_renewed_elsewhere()) {
        return;
    }
    if (parts_.cluster) {
        take_turn();
    } else {
        continue_alone();
    }
}

void Issuance::end_busy(std::string member) {
    IssuanceOutcome busy;
    busy.kind = Kind::busy;
    busy.member = std::move(member);
    end(std::move(busy));
}

// The other members of the cluster: one of them orders a name.
void Issuance::take_turn() {
    using Turn = ClusterShare::Turn;
    if (parts_.cluster->is_starting()) {
        end_busy({});
        return;
    }
    Turn turn = parts_.cluster->take(entry_.file);
    if (turn.kind == Turn::Kind::ours) {
        later([this] { have_turn(); }, ClusterShare::settling);
    } else if (turn.kind == Turn::Kind::running) {
        end_busy(std::move(turn.member));
    } else {
        IssuanceOutcome waits;
        waits.kind = Kind::postponed;
        waits.next = wall_now() + std::chrono::duration_cast<std::chrono::seconds>(turn.left);
        waits.problem =
            local_problem("the member " + turn.member + " of the cluster could not get it: " + turn.problem);
        end(std::move(waits));
    }
}

void Issuance::have_turn() {
    if (!parts_.cluster->is_ours(entry_.file)) {
        end_busy(parts_.cluster->take(entry_.file).member);
        return;
    }
    keep_timer_.set_after(ClusterShare::keep_interval);
    if (!is_renewed_elsewhere()) {
        continue_alone();
    }
}

// Nobody else orders this name now.
void Issuance::continue_alone() {
    const WallTime now = wall_now();
    const std::string staging = staging_of(parts_.settings);
    is_at_staging_ = entry_.is_at_staging && !staging.empty() && !parts_.holds.held_until(staging, now);
    resume_ = usable_order(now);
    make_plan(now);
}

bool Issuance::is_renewed_elsewhere() {
    auto found = parts_.store.certificate(entry_.file);
    if (!found || !found.value()) {
        return false;
    }
    Store::Certificate& present = *found.value();
    std::vector<std::string> wanted = values_of(entry_.names);
    std::sort(wanted.begin(), wanted.end());
    std::sort(present.chain.names.begin(), present.chain.names.end());
    const bool is_known = entry_.chain && entry_.chain->renewal_id == present.chain.renewal_id &&
                          entry_.chain->not_after == present.chain.not_after;
    if (is_known || present.chain.names != wanted || present.chain.not_after <= wall_now()) {
        return false;
    }
    IssuanceOutcome renewed;
    renewed.kind = Kind::renewed;
    renewed.ca = present.saved.directory;
    renewed.certificate = std::move(present);
    end(std::move(renewed));
    return true;
}

std::optional<SavedOrder> Issuance::usable_order(WallTime now) const {
    auto order = parts_.store.order(entry_.file);
    if (!order) {
        return {};
    }
    const std::vector<std::string> known = cas();
    const bool is_usable = may_continue(*order, values_of(entry_.names), now) && is_key(order->key_pem) &&
                           std::find(known.begin(), known.end(), order->directory) != known.end();
    if (!is_usable) {
        wipe(order->key_pem);
        parts_.store.remove_order(entry_.file);
        return {};
    }
    return order;
}

std::vector<std::string> Issuance::cas() const {
    return is_at_staging_ ? std::vector<std::string>{staging_of(parts_.settings)} : parts_.settings.directories;
}

void Issuance::make_plan(WallTime now) {
    std::vector<std::string> free;
    std::optional<WallTime> first_free;
    std::string why;
    for (const std::string& ca : cas()) {
        if (const auto until = parts_.holds.held_until(ca, now)) {
            if (!first_free || *until < *first_free) {
                why = parts_.holds.problem(ca);
                why.insert(0, why.starts_with(ca) ? "" : ca + ": ");
            }
            first_free = std::min(first_free.value_or(*until), *until);
        } else if (resume_ && resume_->directory == ca) {
            free.insert(free.begin(), ca);  // it has the order
        } else {
            free.push_back(ca);
        }
    }
    if (free.empty()) {
        IssuanceOutcome waits;
        waits.kind = Kind::postponed;
        waits.next = first_free.value_or(now + limits::examine_interval);
        waits.problem = local_problem(why.empty() ? "no CA is configured" : "the CA is not asked for a while: " + why);
        end(std::move(waits));
        return;
    }
    std::vector<acme::Way> ways = failed_last(usable_ways(parts_.settings, entry_.names), entry_.failed_ways, now);
    if (is_at_staging_) {
        std::erase(ways, acme::Way::dns_persist_01);  // its record is for the account at the CA itself
    }
    if (ways.empty()) {
        note(
            local_problem("no way can prove this name: it needs an HTTP or HTTPS listener, or for wildcards "
                          "dns-persist-01 or a command for dns-01"));
    }
    plan_.emplace(std::move(free), std::move(ways));
    next();
}

void Issuance::next() {
    check_.reset();
    run_.reset();
    if (!plan_->has_next()) {
        fail();
        return;
    }
    parts_.accounts.get(plan_->ca(), [self = self_](const Accounts::Answer& account) {
        if (*self != nullptr) {
            (*self)->later([issuance = *self, account] { issuance->have_account(account); });
        }
    });
}

void Issuance::have_account(const Accounts::Answer& account) {
    if (!account) {
        attempt_failed(account.error(), {});
        return;
    }
    account_ = account.value();
    OrderCheck::Work work;
    work.names = entry_.names;
    work.ways = plan_->ways();
    work.is_of_stranger = !entry_.is_configured;
    work.needs_self_check = !is_self_checked_ && !resume_;
    work.account = account_;
    check_ = std::make_unique<OrderCheck>(parts_, std::move(work), [this](const OrderCheck::Result& result) {
        later([this, result] { have_check(result); });
    });
    check_->start();
}

void Issuance::have_check(const OrderCheck::Result& result) {
    const std::string ca = plan_->ca();
    if (result.has_self && !std::exchange(is_self_checked_, true)) {
        judge_self_check(result.self);
    }
    if (!result.record_problem.empty()) {
        plan_->remove(acme::Way::dns_persist_01);
        if (plan_->ways().empty()) {  // with other ways nobody misses the record
            is_record_missing_ = result.is_record_missing;
            note(local_problem(result.record_problem));
        }
    }
    if (!plan_->has_next() || plan_->ca() != ca) {
        later([this] { next(); });
        return;
    }
    parts_.directories.get(ca, [self = self_](const DirectoryCache::Answer& known) {
        if (*self != nullptr) {
            (*self)->later([issuance = *self, known] { issuance->have_directory(known); });
        }
    });
}

// What another machine answers is not final: behind a router with its own page, or with other DNS inside, a CA may
// still arrive here. The staging CA decides it without any cost; the operator's names are ordered with a warning.
void Issuance::judge_self_check(const SelfCheckResult& result) {
    switch (result.verdict) {
        case SelfCheckResult::Verdict::here:
            return;
        case SelfCheckResult::Verdict::unreachable:
            found_.unreachable = result.detail;
            return;
        case SelfCheckResult::Verdict::unresolved:
            found_.unresolved = result.detail;
            return;
        case SelfCheckResult::Verdict::no_address:
            remove_ways_here("the name has no address in DNS; add an A or AAAA record that leads to this server");
            return;
        case SelfCheckResult::Verdict::elsewhere:
        case SelfCheckResult::Verdict::occupied:
            break;
    }
    const WrongAnswer wrong = explain_wrong_answer(result, parts_.settings.http_port);
    const std::string staging = staging_of(parts_.settings);
    const ElsewhereStep step = after_elsewhere(entry_, is_at_staging_, !staging.empty());
    if (step == ElsewhereStep::fail) {
        remove_ways_here(wrong.text + ": " + result.detail + "; " + wrong.remedy);
        return;
    }
    found_.unreachable = wrong.text + ": " + result.detail + "; " + wrong.remedy;
    if (step == ElsewhereStep::stage) {
        is_at_staging_ = true;
        std::vector<acme::Way> ways = plan_->ways();
        std::erase(ways, acme::Way::dns_persist_01);
        plan_.emplace(std::vector<std::string>{staging}, std::move(ways));
    } else if (!is_at_staging_) {
        parts_.log.warn(wrong.text + "; the certificate is ordered nevertheless",
                        {{"name", entry_.name}, {"found", result.detail}, {"remedy", wrong.remedy}});
    }
}

void Issuance::remove_ways_here(std::string why) {
    plan_->remove(acme::Way::http_01);
    plan_->remove(acme::Way::tls_alpn_01);
    note(local_problem(std::move(why)));
}

void Issuance::have_directory(const DirectoryCache::Answer& known) {
    check_.reset();
    if (!known) {
        attempt_failed(known.error(), {});
        return;
    }
    constexpr const char* for_addresses = "shortlived";  // Let's Encrypt has no other one for them
    const bool has_it = known.value().profiles.contains(for_addresses);
    const bool is_chosen = parts_.settings.profile.empty() && has_address(entry_.names) && has_it;
    place(is_chosen ? for_addresses : parts_.settings.profile);
}

// --- the order ---

// Everything that an order costs is saved before it is placed, so that a process that is started again and again does
// not place one each time.
void Issuance::place(const std::string& profile) {
    const WallTime now = wall_now();
    const std::string& ca = plan_->ca();
    if (resume_ && resume_->directory == ca && resume_->account_url == account_->url) {
        SavedOrder saved = std::move(*resume_);
        resume_.reset();
        auto key = std::make_shared<const acme::Key>(acme::Key::from_pem(saved.key_pem));
        wipe(saved.key_pem);
        ++saved.resumes;
        is_resumed_ = true;
        parts_.log.info("an order is continued", {{"name", entry_.name}, {"ca", ca}});
        run(std::move(saved), std::move(key), profile);
        return;
    }
    entry_.is_placing = true;
    if (!may_place(now)) {
        return;
    }
    SavedOrder saved{{}, ca, account_->url, values_of(entry_.names), plan_->ways(), now, 0, {}};
    auto key = std::make_shared<const acme::Key>(acme::Key::make());
    if (const std::string fault = save_order_with_key(parts_.store, entry_.file, saved, *key); !fault.empty()) {
        note(local_problem("no order is placed: " + fault));
        fail();
        return;
    }
    ++placed_;
    run(std::move(saved), std::move(key), profile);
}

bool Issuance::may_place(WallTime now) {
    acme::PlannedOrder order;
    order.ca = plan_->ca();
    order.is_new = entry_.is_new();
    const std::string parent = parent_of(entry_);
    if (!is_at_staging_ && !entry_.is_configured) {
        order.token = entry_.token;
        order.parent = parent;
    }
    const auto until = parts_.schedule.take(order, now);
    if (!until) {
        note(local_problem("no order is placed: " + until.error()));
        fail();
        return false;
    }
    if (!until.value()) {
        return true;
    }
    IssuanceOutcome waits;
    waits.kind = Kind::postponed;
    waits.next = *until.value();
    waits.problem = local_problem("a budget of orders is used up: the token's for a day, that of new names below " +
                                  parent + " for a week, or the CA's");
    end(std::move(waits));
    return false;
}

void Issuance::run(SavedOrder saved, std::shared_ptr<const acme::Key> key, const std::string& profile) {
    key_ = key;
    OrderRun::Work work;
    work.file = entry_.file;
    work.order.names = entry_.names;
    work.order.ways = plan_->ways();
    work.order.profile = profile;
    work.order.resume_order = saved.url;
    work.order.registration = parts_.accounts.registration(plan_->ca());
    if (entry_.chain && entry_.saved.directory == plan_->ca()) {
        work.order.replaces = entry_.chain->renewal_id;
    }
    if (!saved.url.empty()) {
        (void)save_order_with_key(parts_.store, entry_.file, saved, *key);  // how often it was continued
    }
    work.account = account_;
    work.key = std::move(key);
    work.saved = std::move(saved);
    run_ = std::make_unique<OrderRun>(parts_, std::move(work), [this](OrderRun::Result result) {
        later([this, result = std::move(result)] { have_result(result); });
    });
}

void Issuance::have_result(const OrderRun::Result& result) {
    if (const auto* issued = std::get_if<acme::DoneStep>(&result.end)) {
        parts_.holds.worked(plan_->ca());
        store_certificate(*issued, result.way);
    } else {
        have_failure(std::get<acme::FailedStep>(result.end));
    }
}

// The order is only forgotten when its certificate is on the disk: if that is full, the order is continued later.
void Issuance::store_certificate(const acme::DoneStep& issued, const std::string& way) {
    IssuanceOutcome outcome;
    outcome.ca = plan_->ca();
    if (is_at_staging_) {
        parts_.store.remove_order(entry_.file);
        outcome.kind = Kind::staged;
        end(std::move(outcome));
        return;
    }
    SavedCertificate saved;
    saved.directory = plan_->ca();
    saved.names = values_of(entry_.names);
    saved.renewal_id = issued.chain.renewal_id;
    saved.way = !way.empty() ? way : entry_.saved.way;  // without a challenge the CA still had a valid authorization
    saved.issued = wall_now();
    saved.window_next = saved.issued;
    saved.token = entry_.token;
    saved.offered = entry_.offered;
    saved.member = parts_.cluster ? parts_.cluster->own_member() : std::string();
    std::string key_pem = key_->to_pem();
    std::string fault = parts_.store.write_certificate(entry_.file, key_pem, issued.chain.pem, saved);
    wipe(key_pem);
    if (!fault.empty()) {
        note(local_problem(std::move(fault)));
        fail();
        return;
    }
    parts_.store.remove_order(entry_.file);
    if (entry_.is_new() && !entry_.is_configured) {
        (void)parts_.schedule.issued(outcome.ca, parent_of(entry_), wall_now());
    }
    outcome.kind = Kind::issued;
    outcome.certificate = {issued.chain, std::move(saved)};
    outcome.certificate.chain.pem.clear();
    end(std::move(outcome));
}

void Issuance::have_failure(const acme::FailedStep& failed) {
    using SavedState = acme::FailedStep::SavedOrder;
    if (failed.saved_order != SavedState::keep) {
        parts_.store.remove_order(entry_.file);
    }
    if (failed.saved_order == SavedState::stale &&
        std::exchange(is_resumed_, false)) {  // another one, by the same plan
        later([this] { next(); });
        return;
    }
    acme::Problem problem = failed.problem;
    if (problem.kind == acme::Problem::Kind::validation && failed.way) {
        problem.text = validation_text(problem, *failed.way, record_host(entry_.names), found_, parts_.settings);
    }
    attempt_failed(std::move(problem), failed.way);
}

// --- failures ---

void Issuance::note(acme::Problem problem) {
    problems_.push_back(std::move(problem));
}

void Issuance::attempt_failed(acme::Problem problem, std::optional<acme::Way> way) {
    const WallTime now = wall_now();
    parts_.holds.failed(plan_->ca(), problem, now);
    if (way && (problem.kind == acme::Problem::Kind::validation || problem.kind == acme::Problem::Kind::overdue)) {
        entry_.failed_ways.insert_or_assign(*way, now);  // saved before the next order
    }
    // A record of DNS-PERSIST-01 is for one account, so the staging CA cannot try it.
    has_failed_validation_ =
        has_failed_validation_ || (problem.kind == acme::Problem::Kind::validation && way != acme::Way::dns_persist_01);
    plan_->failed(problem, way);
    if (plan_->has_next()) {
        parts_.log.info("an order has failed; another way or CA is tried",
                        {{"name", entry_.name}, {"reason", problem.text}, {"kind", acme::name_of(problem.kind)}});
    }
    note(std::move(problem));
    later([this] { next(); });
}

// The CA's own reason counts most; the text has all reasons, each once.
void Issuance::fail() {
    IssuanceOutcome outcome;
    outcome.kind = Kind::failed;
    const auto is_of_ca = [](const acme::Problem& problem) { return problem.kind != acme::Problem::Kind::local; };
    const auto first = std::find_if(problems_.begin(), problems_.end(), is_of_ca);
    if (first != problems_.end()) {
        outcome.problem = *first;
    } else if (!problems_.empty()) {
        outcome.problem = problems_.front();
    }
    std::string text;
    for (const acme::Problem& problem : problems_) {
        if (text.find(problem.text) == std::string::npos) {
            text += (text.empty() ? "" : "; ") + problem.text;
        }
    }
    outcome.problem.text = std::move(text);
    outcome.is_hint = is_record_missing_ && problems_.size() == 1 && is_optional(entry_, parts_.settings);
    const bool has_staging_answered = outcome.problem.kind != acme::Problem::Kind::unreachable;
    outcome.to_staging = has_failed_validation_ || (is_at_staging_ && has_staging_answered);
    end(std::move(outcome));
}

void Issuance::end(IssuanceOutcome outcome) {
    entry_.is_placing = false;
    lock_.release();
    const Done done = std::move(done_);
    done(std::move(outcome));
}

}  // namespace ferrotunnel::issuance
