#include "cluster/requests.hpp"

#include "base/check.hpp"

namespace ferrotunnel::cluster {

Requests::Request& Requests::add(Request request) {
    request.id = ++last_;
    ++counts_[request.home];
    confirming_[request.home] += request.confirms ? 1 : 0;
    const bool is_new = ids_.try_emplace({request.name, request.owner}, request.id).second;
    check(is_new, "a name and owner have one request at a time");
    const TimePoint deadline = std::exchange(request.deadline, never);
    Request& added = requests_.try_emplace(request.id, std::move(request)).first->second;
    set_deadline(added, deadline);
    return added;
}

Requests::Request* Requests::find(RequestId id) {
    const auto found = requests_.find(id);
    return found == requests_.end() ? nullptr : &found->second;
}

Requests::Request* Requests::find(const Name& name, const Owner& owner) {
    const auto found = ids_.find({name, owner});
    return found == ids_.end() ? nullptr : find(found->second);
}

std::optional<Requests::Request> Requests::take(RequestId id) {
    Request* const found = find(id);
    if (found == nullptr) {
        return std::nullopt;
    }
    deadlines_.erase({found->deadline, id});
    ids_.erase({found->name, found->owner});
    --counts_[found->home];
    confirming_[found->home] -= found->confirms ? 1 : 0;
    return std::move(requests_.extract(id).mapped());
}

std::vector<Requests::Request> Requests::take_all(MemberIndex home) {
    std::vector<RequestId> ids;
    for (const auto& [id, request] : requests_) {
        if (request.home == home && !request.is_at_store) {
            ids.push_back(id);
        }
    }
    std::vector<Request> taken;
    taken.reserve(ids.size());
    for (RequestId id : ids) {
        taken.push_back(*take(id));
    }
    return taken;
}

void Requests::set_deadline(Request& request, TimePoint deadline) {
    deadlines_.erase({request.deadline, request.id});
    request.deadline = deadline;
    if (deadline != never) {
        deadlines_.emplace(deadline, request.id);
    }
}

Requests::Request* Requests::due(TimePoint now) {
    return next_deadline() <= now && !deadlines_.empty() ? find(deadlines_.begin()->second) : nullptr;
}

}  // namespace ferrotunnel::cluster
