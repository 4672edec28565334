#include "peers/cluster.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/mutex.hpp"
#include "cluster/holders.hpp"
#include "cluster/limits.hpp"
#include "peers/arrivals.hpp"
#include "peers/carriers.hpp"
#include "peers/claim_names.hpp"
#include "peers/cluster_worker.hpp"
#include "peers/name_claims.hpp"
#include "peers/partial_ports.hpp"
#include "peers/register_driver.hpp"
#include "peers/remote_names.hpp"
#include "peers/remote_opening.hpp"
#include "peers/route_writer.hpp"
#include "peers/value_store.hpp"

namespace ferrotunnel::peers {
namespace {

std::shared_ptr<const cluster::Members> members_of(const Links::Settings& settings,
                                                   const std::optional<StorePlace>& store) {
    std::vector<std::string> names{settings.own};
    for (const PeerSettings& peer : settings.peers) {
        names.push_back(peer.name);
    }
    const auto decides = !store              ? cluster::Decides::homes
                         : store->with_homes ? cluster::Decides::both
                                             : cluster::Decides::store;
    return std::make_shared<cluster::Members>(std::move(names), settings.own, decides);
}

TimePoint worker_time() {
    const runtime::Worker* const here = runtime::Worker::current();
    return here != nullptr ? here->now() : Clock::now();
}

// Other members learn the incarnation, and must not learn the seed.
cluster::Register::Start register_start(Random& random) {
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    return {random.next(), random.next(), worker_time(),
            static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(wall).count())};
}

std::shared_ptr<RouteWriter> make_writer(const std::shared_ptr<session::ServerShared>& shared,
                                         const std::shared_ptr<const Carriers>& carriers,
                                         const std::shared_ptr<PartialPorts>& partial, runtime::Worker& worker,
                                         Logger& log) {
    const auto service = [shared, carriers](const std::vector<cluster::MemberIndex>& members) {
        std::vector<std::shared_ptr<directory::HttpCarrier>> of;
        std::transform(members.begin(), members.end(), std::back_inserter(of),
                       [&carriers](cluster::MemberIndex member) { return carriers->get(member); });
        return shared->http->remote_service(std::move(of));
    };
    const auto set_port = [shared, &worker](const directory::RemotePort& port) {
        if (port.transport == directory::Transport::udp && !shared->open_udp) {
            return std::make_error_code(std::errc::operation_not_supported);
        }
        runtime::SocketAddress at = shared->tcp_bind;
        at.set_port(port.port);
        std::error_code error;
        const bool is_open = shared->ports->set_remote(port, at, worker, shared->open_port, shared->open_udp, error);
        return is_open || error ? error : std::make_error_code(std::errc::address_not_available);
    };
    return std::make_shared<RouteWriter>(RouteWriter::Needs{
        service, [carriers](cluster::MemberIndex member) { return carriers->get(member); },
        [shared](const std::vector<directory::RemoteHost>& hosts) {
            return shared->http->set_remote(hosts, worker_time());
        },
        set_port,
        [partial](const cluster::Name& port, const std::optional<std::string>& why) { partial->report(port, why); },
        log});
}

// With a store: a member gets its place in the register.
std::function<bool(const std::string&, const std::shared_ptr<PeerCarrier>&)> adding_members(
    const std::shared_ptr<RegisterDriver>& names, const std::shared_ptr<Carriers>& carriers) {
    return [names, carriers](const std::string& name, const std::shared_ptr<PeerCarrier>& carrier) {
        return names->add_member(name, [&](cluster::MemberIndex member) { carriers->set(member, carrier); })
            .has_value();
    };
}

struct Candidate {
    std::shared_ptr<PeerCarrier> carrier;
    cluster::Readiness readiness{};
    std::uint64_t streams = 0;
};

// The members that have it now, the best ones first. They are looked up for each visitor, so that no table of private
// services is needed.
RemoteOpening::Members members_with(const session::RemoteService& service, const RegisterDriver& names,
                                    const Carriers& carriers) {
    std::optional<cluster::Name> name;
    if (service.name.empty()) {
        name = cluster::Name::of_port(service.port, false);
    } else if (service.of_token) {
        name = register_name(*service.of_token, service.name);
    }
    std::vector<Candidate> found;
    if (name) {
        names.read([&](const cluster::Register& of, TimePoint) {
            for (const cluster::MemberIndex member : of.routes(*name)) {
                const cluster::Claim claim = of.table().entry(member, *name)->claim;
                if (!service.of_token || claim.owner.token == *service.of_token) {
                    found.push_back({carriers.get(member), claim.readiness});
                }
            }
        });
    }
    for (Candidate& each : found) {
        each.streams = each.carrier->streams();
    }
    std::stable_sort(found.begin(), found.end(), [](const Candidate& one, const Candidate& other) {
        return std::pair(one.readiness, one.streams) < std::pair(other.readiness, other.streams);
    });
    RemoteOpening::Members members;
    std::transform(found.begin(), found.end(), std::back_inserter(members),
                   [](Candidate& each) { return std::move(each.carrier); });
    return members;
}

session::RemoteOpener opener_of(const session::RemoteService& service, RemoteOpening::Members members) {
    if (members.empty()) {
        return nullptr;
    }
    return [service, members = std::move(members)](const net::Address& visitor, session::RemoteOpened opened) {
        make_intrusive<RemoteOpening>(members, service, visitor, std::move(opened))->begin();
    };
}

std::string port_text(const cluster::Name& name) {
    const directory::ClaimName port = claim_name(name);
    return (port.transport == directory::Transport::udp ? "udp " : "tcp ") + std::to_string(port.port);
}

void add_once(std::vector<std::string>& names, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(name);
    }
}

}  // namespace

struct Cluster::Parts {
    Parts(Links::Settings settings, Needs needs)
        : keys(settings.keys),
          on_members(std::move(needs.on_members)),
          names(std::make_shared<RegisterDriver>(members_of(settings, needs.store), register_start(needs.random),
                                                 worker_time)),
          claims(std::make_shared<NameClaims>(names)),
          carriers(std::make_shared<Carriers>()),
          arrivals(needs.shared, needs.front, needs.log),
          links(std::move(settings),
                {needs.workers,
                 *names,
                 [this](runtime::Worker& at, IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
                     arrivals.on_stream(at, std::move(stream), open);
                 },
                 {needs.shared->memory, needs.shared->traffic_registry, needs.shared->traffic},
                 needs.log,
                 needs.random,
                 needs.on_control,
                 [to = needs.shared->http] { to->carrier_is_back(); },
                 names->members().is_open() ? adding_members(names, carriers) : nullptr,
                 [this](const std::string& member) {
                     if (const auto place = names->remove_member(member)) {
                         routes->on_member_forgotten(*place);
                     }
                 },
                 [this] { members_changed(); }}),
          worker(std::make_shared<ClusterWorker>(needs.workers.at(0), names)),
          finder(needs.store && names->members().is_open() ? make_finder(*needs.store, needs) : nullptr),
          store(needs.store
                    ? std::make_shared<NameStore>(needs.workers.at(0), *needs.store, names, needs.random, needs.log)
                    : nullptr),
          values(std::make_shared<ValueStore>(names, [to = std::weak_ptr(worker)] { wake(to); })),
          keeping(needs.store ? std::make_shared<ValueKeeping>(
                                    *std::move(needs.store), keys,
                                    ValueKeeping::Needs{needs.workers.at(0), names, values, needs.random, needs.log,
                                                        std::move(needs.values_read)})
                              : nullptr),
          partial(std::make_shared<PartialPorts>(values, std::move(needs.announce))),
          writer(make_writer(needs.shared, carriers, partial, needs.workers.at(0), needs.log)),
          routes(std::make_shared<RemoteNames>(
              names, [to = std::weak_ptr(worker)] { wake(to); },
              [to = writer](const std::vector<RemoteName>& changed) { to->apply(changed, worker_time()); })) {
        for (const std::shared_ptr<PeerCarrier>& carrier : links.carriers()) {
            carriers->set(names->members().find(carrier->name()).value(), carrier);
        }
        needs.shared->http->set_learning(worker_time(), worker_time() + cluster::limits::recovery_time);
        routes->on_learned([to = needs.shared->http] { to->set_learned(); });
        worker->set_routes(routes, writer);
        worker->set_values(values);
        names->set_value_receiver(values);
        names->set_store_receiver(store);
        needs.shared->values = values;
        partial->watch();
        needs.shared->port_note = [of = partial](directory::Transport transport, std::uint16_t port) {
            return of->note(port, transport == directory::Transport::udp);
        };
        names->set_receivers(claims, routes, [to = std::weak_ptr(worker)] { wake(to); });
        needs.shared->claims = claims;
        needs.shared->find_remote = [of = names, to = carriers](const session::RemoteService& service) {
            return opener_of(service, members_with(service, *of, *to));
        };
    }
    ~Parts() { stop(); }
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;

    void stop() noexcept {
        worker->stop();
        if (store) {
            store->stop();
        }
        if (keeping) {
            keeping->stop();
        }
        if (finder) {
            finder->stop();
        }
    }

    void members_changed() {
        names->update([](cluster::Register&, TimePoint) { return cluster::Effects{}; });  // what removals have left
        if (on_members) {
            on_members();
        }
    }

    std::shared_ptr<MemberFinder> make_finder(const StorePlace& place, const Needs& needs) {
        return std::make_shared<MemberFinder>(
            place, MemberFinder::Needs{needs.workers.at(0), needs.random, needs.log,
                                       [this](const PeerSettings& peer) { return links.add_member(peer); },
                                       [this] { return links.states(); },
                                       [this](const std::string& member) { return links.forget_member(member); },
                                       [this] {
                                           names->members_found();
                                           worker->wake();
                                       }});
    }

    // Claims and changes may outlive the cluster.
    static void wake(const std::weak_ptr<ClusterWorker>& worker) {
        if (const auto to = worker.lock()) {
            to->wake();
        }
    }

    mutable Mutex mutex;
    std::shared_ptr<const transport::ClusterKeys> keys;  // guarded by it; declared here since others begin with it
    const std::function<void()> on_members;
    const std::shared_ptr<RegisterDriver> names;
    const std::shared_ptr<NameClaims> claims;
    const std::shared_ptr<Carriers> carriers;
    Arrivals arrivals;
    Links links;
    const std::shared_ptr<ClusterWorker> worker;
    const std::shared_ptr<MemberFinder> finder;  // null likewise
    const std::shared_ptr<NameStore> store;      // null: the members decide themselves
    const std::shared_ptr<ValueStore> values;
    const std::shared_ptr<ValueKeeping> keeping;  // null without a store
    const std::shared_ptr<PartialPorts> partial;
    const std::shared_ptr<RouteWriter> writer;
    const std::shared_ptr<RemoteNames> routes;
};

Cluster::Cluster(Links::Settings settings, Needs needs)
    : parts_(std::make_shared<Parts>(std::move(settings), std::move(needs))) {}

Cluster::~Cluster() = default;

void Cluster::start(runtime::Fd listener) {
    parts_->worker->wake();
    if (parts_->store) {
        parts_->store->start();
        parts_->keeping->start();
    }
    parts_->links.start(std::move(listener));
    if (parts_->finder) {
        parts_->finder->start();
    }
}

void Cluster::set_keys(std::shared_ptr<const transport::ClusterKeys> keys) {
    parts_->links.set_keys(keys);
    if (parts_->keeping) {
        parts_->keeping->set_keys(keys);
    }
    const MutexLock lock(parts_->mutex);
    parts_->keys = std::move(keys);
}

std::shared_ptr<const transport::ClusterKeys> Cluster::keys() const {
    const MutexLock lock(parts_->mutex);
    return parts_->keys;
}

void Cluster::drain() noexcept {
    parts_->links.drain();
    if (parts_->finder) {
        parts_->finder->withdraw();
    }
}

void Cluster::freeze() noexcept {
    parts_->worker->freeze();
}

void Cluster::hand_over() noexcept {
    freeze();  // again: the program may begin to stop before the caller of drain() has frozen the routes
    parts_->links.hand_over();
}

void Cluster::stop() noexcept {
    parts_->links.stop();
    parts_->stop();
}

ClusterState Cluster::state() const {
    const cluster::Members& members = parts_->names->members();
    ClusterState state;
    state.own = members.name(members.own());
    state.decides = members.decides();
    for (PeerState& peer : parts_->links.states()) {
        static_cast<PeerState&>(state.members.emplace_back()) = std::move(peer);
    }
    parts_->names->read([&](const cluster::Register& of, TimePoint) {
        state.recovering = of.is_recovering() && members.has_homes();
        state.waiting = of.waiting();
        state.own_names = of.table().size(members.own());
        state.memory = of.table().memory();
        for (ClusterState::Member& member : state.members) {
            const std::optional<cluster::MemberIndex> place = of.members().find(member.name);
            member.names = place ? of.table().size(*place) : 0;
            member.decides = place ? of.decides(*place) : std::nullopt;
        }
    });
    if (parts_->store) {
        state.store = parts_->store->state();
        state.values = parts_->keeping->state();
    }
    if (parts_->finder) {
        state.finder = parts_->finder->state();
    }
    for (const cluster::Name& port : parts_->writer->partial_ports()) {
        state.partial_ports.push_back(port_text(port));
    }
    for (const auto& [port, note] : parts_->partial->notes()) {
        if (parts_->names->read([&name = port](const cluster::Register& of, TimePoint) { return of.has(name); })) {
            state.own_partial_ports.push_back(port_text(port) + " at " + note);
        }
    }
    return state;
}

NamePlace Cluster::place_of(const directory::ClaimName& name) const {
    const auto known = register_name(name);
    if (!known) {
        return {};
    }
    NamePlace place;
    parts_->names->read([&](const cluster::Register& of, TimePoint) {
        const cluster::Members& members = of.members();
        place.home = members.has_homes() ? members.name(members.home_of(*known)) : std::string();
        if (of.has(*known)) {
            place.members.push_back(members.name(members.own()));
        }
        for (const cluster::MemberIndex member : of.routes(*known)) {
            place.members.push_back(members.name(member));
        }
        const std::vector<cluster::ClaimTable::Entry> entries = of.table().entries(*known);
        for (const cluster::ClaimTable::Entry& entry : entries) {  // those that cannot be reached are the last ones
            add_once(place.members, members.name(entry.member));
        }
        const cluster::ClaimTable::Entry* const winning = cluster::winner(entries);
        place.provisional = winning != nullptr && winning->claim.provisional;
    });
    return place;
}

NamePage Cluster::names(std::size_t position) const {
    return parts_->names->read(
        [&](const cluster::Register& of, TimePoint) { return page_of_names(of, of.members(), position); });
}

std::vector<std::string> Cluster::other_members() const {
    return parts_->names->read([](const cluster::Register& of, TimePoint) {
        std::vector<std::string> others;
        for (std::size_t i = 0; i < of.members().size(); ++i) {
            const auto member = static_cast<cluster::MemberIndex>(i);
            if (member != of.members().own() && of.members().is_known(member)) {
                others.push_back(of.members().name(member));
            }
        }
        return others;
    });
}

std::optional<std::string> Cluster::forget(const std::string& member) {
    return parts_->names->forget(member);
}

std::vector<cluster::Value> Cluster::values(const std::string& prefix, const std::string& after,
                                            std::size_t most) const {
    std::vector<cluster::Value> found;
    parts_->names->read([&](const cluster::Register& of, TimePoint now) {
        of.values().for_each(prefix, [&](const std::string& key, const cluster::SharedValues::Present&) {
            if (key > after && found.size() < most) {
                found.push_back(*of.values().last_change(key, now));
            }
        });
    });
    return found;
}

bool Cluster::restore_value(const cluster::Value& value) {
    bool is_restored = false;
    parts_->names->update([&](cluster::Register& names, TimePoint now) {
        std::optional<cluster::Effects> effects = names.restore_value(value, now);
        is_restored = effects.has_value();
        return std::move(effects).value_or(cluster::Effects{});
    });
    return is_restored;
}

void Cluster::when_stored(const std::string& key, std::function<void()> stored) {
    if (parts_->keeping) {
        parts_->keeping->when_stored(key, std::move(stored));
    }
}

bool Cluster::send_control(const std::string& member, runtime::Fd socket) const {
    const auto index =
        parts_->names->read([&](const cluster::Register& of, TimePoint) { return of.members().find(member); });
    const std::shared_ptr<PeerCarrier> carrier = index ? parts_->carriers->get(*index) : nullptr;
    return carrier && carrier->send_control(std::move(socket));
}

}  // namespace ferrotunnel::peers
