// Visits to private services of other clients. Those of the settings are compared with what is wanted, as services are:
//
//   same place, service and key     untouched
//   same place, anything different  the socket stays; who comes from now on gets the other service, or key
//   else                            a place that is new listens, one that has gone does not any more
#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "api/client_impl.hpp"
#include "base/mutex.hpp"
#include "base/text.hpp"
#include "runtime/datagram_socket.hpp"
#include "runtime/shared_listener.hpp"
#include "session/visit_plan.hpp"
#include "settings/visits.hpp"

namespace ferrotunnel {

namespace {

std::shared_ptr<const session::VisitPlan> plan_of(const Visit& visit, std::shared_ptr<session::VisitRecord> record) {
    const std::size_t at = visit.service.find('@');
    auto plan = std::make_shared<session::VisitPlan>();
    plan->service = visit.service.substr(0, at);
    plan->token = at == std::string::npos ? std::string() : visit.service.substr(at + 1);
    using transport::SealContext;
    const auto carries = visit.kind == Visit::Kind::udp ? SealContext::Carries::datagrams : SealContext::Carries::bytes;
    plan->seal =
        std::make_shared<const SealContext>(SealContext::End::visitor, visit.key.bytes(), plan->service, carries);
    plan->record = std::move(record);
    return plan;
}

std::string place_text(const Visit& visit) {
    return (visit.kind == Visit::Kind::udp ? "udp " : "") + detail::place_of_visit(visit.local).value().text();
}

}  // namespace

Client::Impl::VisitChange Client::Impl::begun(const Visit& visit, std::error_code& error) const {
    VisitChange change;
    change.visit = visit;
    change.plan = plan_of(visit, std::make_shared<session::VisitRecord>());
    const runtime::SocketAddress place = detail::place_of_visit(visit.local).value();
    change.listener =
        std::make_shared<runtime::Fd>(visit.kind == Visit::Kind::udp ? runtime::bind_datagrams(place, error)
                                      : settings_.replace            ? runtime::listen_beside(place, error)
                                                                     : runtime::listen_on(place, error));
    change.at = error ? visit.local : runtime::local_address(change.listener->get()).text();
    return change;
}

// Finds out what is to be done, and listens where that is new. What cannot be is told as a problem.
std::vector<Client::Impl::VisitChange> Client::Impl::changes_to(const std::vector<Visit>& visits,
                                                                std::vector<Problem>& problems) const {
    std::map<std::uint32_t, const Visiting*> left;  // those that nobody has asked for yet
    for (const auto& [id, one] : visits_) {
        if (one.of_settings) {
            left.emplace(id, &one);
        }
    }
    const auto take = [&left](const auto& is_wanted) {
        const auto found =
            std::find_if(left.begin(), left.end(), [&](const auto& one) { return is_wanted(*one.second); });
        const std::uint32_t id = found != left.end() ? found->first : 0;
        left.erase(id);
        return id;
    };
    std::vector<Visit> different;
    std::copy_if(visits.begin(), visits.end(), std::back_inserter(different), [&](const Visit& visit) {
        return take([&](const Visiting& one) { return one.visit == visit; }) == 0;
    });
    std::vector<VisitChange> changes;
    for (const Visit& visit : different) {
        const std::string place = place_text(visit);
        if (const auto id = take([&](const Visiting& one) { return place_text(one.visit) == place; })) {
            changes.push_back({VisitChange::Kind::changed, id, visit, plan_of(visit, visits_.at(id).record)});
            continue;
        }
        std::error_code error;
        changes.push_back(begun(visit, error));
        if (error) {
            problems.push_back({"visits", "cannot listen at " + in_quotes(visit.local) + ": " + error.message()});
        }
    }
    for (const auto& [id, one] : left) {
        changes.push_back({VisitChange::Kind::removed, id, one->visit});
    }
    return changes;
}

// Nothing of this fails, and nothing has changed since changes_to().
void Client::Impl::make_changes(const std::vector<VisitChange>& changes, bool of_settings) {
    for (const VisitChange& change : changes) {
        if (change.kind == VisitChange::Kind::removed) {
            visits_.erase(change.id);
            worker_.post([this, id = change.id]() noexcept { link_->visits().end(id); });
            continue;
        }
        const bool is_new = change.kind == VisitChange::Kind::added;
        const std::uint32_t id = is_new ? ++last_visit_ : change.id;
        Visiting& visiting = visits_[id];
        visiting.visit = change.visit;
        if (!is_new) {
            worker_.post([this, id, plan = change.plan]() noexcept { link_->visits().set_plan(id, plan); });
            continue;
        }
        visiting.at = change.at;
        visiting.of_settings = of_settings;
        visiting.record = change.plan->record;
        worker_.post([this, id, plan = change.plan, listener = change.listener]() noexcept {
            link_->visits().begin(id, plan, std::move(*listener));
        });
        log_.info("visits reach a private service of another client",
                  {{"at", visiting.at}, {"service", change.visit.service}});
    }
}

void Client::Impl::tell_visits(const std::vector<VisitChange>& changes, ApplyReport& report) {
    using Kind = VisitChange::Kind;
    using Told = ApplyReport::Change::Kind;
    for (const VisitChange& change : changes) {
        const Told told = change.kind == Kind::removed ? Told::removed
                          : change.kind == Kind::added ? Told::added
                                                       : Told::changed;
        report.applied.push_back({told, visits_key, change.visit.service});
    }
}

std::error_code Client::Impl::begin_visits(std::string& what) {
    const MutexLock lock(mutex_);
    std::vector<Problem> problems;
    std::error_code error;
    std::vector<VisitChange> changes;
    for (const Visit& visit : settings_.visits) {
        const bool is_there = std::any_of(visits_.begin(), visits_.end(), [&](const auto& one) {
            return one.second.of_settings && one.second.visit == visit;
        });
        if (!is_there) {  // else apply() has begun it
            changes.push_back(begun(visit, error));
        }
        if (error) {
            what = "listen on " + visit.local;
            return error;
        }
    }
    make_changes(changes, true);
    return {};
}

std::string Client::Impl::visit(const Visit& visit) {
    std::vector<Problem> problems;
    detail::check_visit(visit, problems);
    if (!problems.empty()) {
        throw config_error(std::move(problems));
    }
    std::error_code error;
    VisitChange change = begun(visit, error);
    if (error) {
        throw std::system_error(error, "listen on " + visit.local);
    }
    std::string at = change.at;
    const MutexLock lock(mutex_);
    if (closed_ || stopped_ || stop_error_) {
        throw std::system_error(stop_error_ ? stop_error_ : make_error_code(errc::session_closed), "add a visit");
    }
    if (visits_.size() >= detail::visits_max) {
        throw config_error(
            std::vector<Problem>{{"visits", "a client has up to " + std::to_string(detail::visits_max)}});
    }
    make_changes({std::move(change)}, false);
    return at;
}

std::vector<VisitStats> Client::Impl::visits() const {
    const MutexLock lock(mutex_);
    std::vector<VisitStats> all;
    for (const auto& [id, one] : visits_) {
        session::VisitRecord::View view = one.record->view();
        all.push_back({one.visit.service, one.at, one.visit.kind, view.open, view.opened, view.failed, view.since,
                       view.failed_at, std::move(view.why)});
    }
    return all;
}

}  // namespace ferrotunnel
