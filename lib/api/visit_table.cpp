#include "api/visit_table.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.hpp"
#include "runtime/datagram_socket.hpp"
#include "runtime/shared_listener.hpp"
#include "settings/visits.hpp"

namespace ferrotunnel::detail {

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
    return (visit.kind == Visit::Kind::udp ? "udp " : "") + listen_address_of_visit(visit.local).value().text();
}

}  // namespace

VisitChange listen_for(const Visit& visit, bool shares_addresses, std::error_code& error) {
    VisitChange change;
    change.visit = visit;
    change.plan = plan_of(visit, std::make_shared<session::VisitRecord>());
    const runtime::SocketAddress place = listen_address_of_visit(visit.local).value();
    change.listener =
        std::make_shared<runtime::Fd>(visit.kind == Visit::Kind::udp ? runtime::bind_datagrams(place, error)
                                      : shares_addresses             ? runtime::listen_beside(place, error)
                                                                     : runtime::listen_on(place, error));
    change.at = error ? visit.local : runtime::local_address(change.listener->get()).text();
    return change;
}

std::vector<VisitChange> VisitTable::plan(const std::vector<Visit>& visits, bool shares_addresses,
                                          std::vector<Problem>& problems) const {
    std::map<std::uint32_t, const Entry*> left;  // not matched yet
    for (const auto& [id, one] : visits_) {
        if (one.of_settings) {
            left.emplace(id, &one);
        }
    }
    const auto match = [&left](const auto& is_wanted) {
        const auto found =
            std::find_if(left.begin(), left.end(), [&](const auto& one) { return is_wanted(*one.second); });
        const std::uint32_t id = found != left.end() ? found->first : 0;
        left.erase(id);
        return id;
    };
    std::vector<Visit> different;
    std::copy_if(visits.begin(), visits.end(), std::back_inserter(different),
                 [&](const Visit& visit) { return match([&](const Entry& one) { return one.visit == visit; }) == 0; });
    std::vector<VisitChange> changes;
    for (const Visit& visit : different) {
        const std::string place = place_text(visit);
        if (const auto id = match([&](const Entry& one) { return place_text(one.visit) == place; })) {
            changes.push_back({VisitChange::Kind::changed, id, visit, plan_of(visit, visits_.at(id).record)});
            continue;
        }
        std::error_code error;
        changes.push_back(listen_for(visit, shares_addresses, error));
        if (error) {
            problems.push_back({"visits", "cannot listen at " + in_quotes(visit.local) + ": " + error.message()});
        }
    }
    for (const auto& [id, one] : left) {
        changes.push_back({VisitChange::Kind::removed, id, one->visit});
    }
    return changes;
}

void VisitTable::commit(std::vector<VisitChange>& changes, bool of_settings) {
    for (VisitChange& change : changes) {
        if (change.kind == VisitChange::Kind::removed) {
            visits_.erase(change.id);
            continue;
        }
        const bool is_new = change.kind == VisitChange::Kind::added;
        change.id = is_new ? ++last_id_ : change.id;
        Entry& entry = visits_[change.id];
        entry.visit = change.visit;
        if (is_new) {
            entry.at = change.at;
            entry.of_settings = of_settings;
            entry.record = change.plan->record;
        }
    }
}

bool VisitTable::has(const Visit& visit) const {
    return std::any_of(visits_.begin(), visits_.end(),
                       [&](const auto& one) { return one.second.of_settings && one.second.visit == visit; });
}

std::vector<VisitStats> VisitTable::stats() const {
    std::vector<VisitStats> all;
    for (const auto& [id, one] : visits_) {
        session::VisitRecord::View view = one.record->view();
        all.push_back({one.visit.service, one.at, one.visit.kind, view.open, view.opened, view.failed, view.since,
                       view.failed_at, std::move(view.why)});
    }
    return all;
}

}  // namespace ferrotunnel::detail
