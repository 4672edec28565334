#include "api/client_visits.hpp"

#include <utility>

#include "settings/visits.hpp"

namespace ferrotunnel::detail {

std::string ClientVisits::add(const Visit& visit) {
    std::vector<Problem> problems;
    check_visit(visit, problems);
    if (!problems.empty()) {
        throw config_error(std::move(problems));
    }
    std::error_code error;
    VisitChange change = listen_for(visit, needs_.state.shares_addresses, error);
    if (error) {
        throw std::system_error(error, "listen on " + visit.local);
    }
    std::string at = change.at;
    const MutexLock lock(needs_.state.mutex);
    needs_.state.status.check_open("add a visit");
    if (needs_.state.visits.size() >= visits_max) {
        throw config_error(std::vector<Problem>{{"visits", "a client can have at most " + std::to_string(visits_max)}});
    }
    commit({std::move(change)}, false);
    return at;
}

std::error_code ClientVisits::begin(const std::vector<Visit>& visits, std::string& what) {
    const MutexLock lock(needs_.state.mutex);
    std::error_code error;
    std::vector<VisitChange> changes;
    for (const Visit& visit : visits) {
        if (!needs_.state.visits.has(visit)) {  // otherwise apply() has started it
            changes.push_back(listen_for(visit, needs_.state.shares_addresses, error));
        }
        if (error) {
            what = "listen on " + visit.local;
            return error;
        }
    }
    commit(std::move(changes), true);
    return {};
}

void ClientVisits::commit(std::vector<VisitChange> changes, bool of_settings) const {
    needs_.state.mutex.assert_locked();
    needs_.state.visits.commit(changes, of_settings);
    for (const VisitChange& change : changes) {
        if (change.kind == VisitChange::Kind::removed) {
            needs_.link.post([id = change.id](session::ClientLink& link) noexcept { link.visits().end(id); });
        } else if (change.kind == VisitChange::Kind::changed) {
            needs_.link.post([id = change.id, plan = change.plan](session::ClientLink& link) noexcept {
                link.visits().set_plan(id, plan);
            });
        } else {
            needs_.link.post(
                [id = change.id, plan = change.plan, listener = change.listener](session::ClientLink& link) noexcept {
                    link.visits().begin(id, plan, std::move(*listener));
                });
            needs_.log.info("visits reach a private service of another client",
                            {{"at", change.at}, {"service", change.visit.service}});
        }
    }
}

std::vector<VisitStats> ClientVisits::stats() const {
    const MutexLock lock(needs_.state.mutex);
    return needs_.state.visits.stats();
}

}  // namespace ferrotunnel::detail
