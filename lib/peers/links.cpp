#include "peers/links.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <utility>

#include "base/published.hpp"
#include "peers/control_stream.hpp"
#include "peers/link_dialler.hpp"
#include "peers/link_listener.hpp"
#include "peers/member_links.hpp"
#include "peers/member_table.hpp"
#include "transport/link_context.hpp"
#include "wire/code.hpp"

namespace ferrotunnel::peers {

using transport::TlsContext;
using wire::Code;

namespace {

constexpr LogCategory refused_peers{"refused cluster connections"};
constexpr const char* stopping = "The server is stopping.";
constexpr const char* replaced = "Another process replaces the server.";

std::string reason_of(const trunk::TrunkEnd& end) {
    return end.text.empty() ? std::string(wire::name_of(end.code)) : end.text;
}

// Runs `action` on the worker, later; or here, if that does not run any more.
template <typename Action>
void run_on(runtime::Worker& worker, Action action) {
    if (!worker.post(action)) {
        action();
    }
}

}  // namespace

struct Links::Parts final : LinkEvents {
    Parts(Settings settings_in, Needs needs_in);

    std::optional<std::string> refuse_peer(const std::string& peer) override;
    std::optional<std::string> refuse_link(const std::string& peer, LinkKind kind) override;
    void on_link_call(const std::string& peer) override {
        if (const MemberTable::Entry member = members.find(peer)) {
            dial_soon(*member);
        }
    }
    void on_link_open(const std::shared_ptr<Link>& link) override;
    void on_linked(const std::shared_ptr<Link>& link, const cluster::Hello& hello) override;
    void on_link_retired(const std::shared_ptr<Link>& link) override;
    void on_link_responsive() override {
        if (needs.on_way) {
            needs.on_way();
        }
    }
    void on_link_end(const std::shared_ptr<Link>& link, const trunk::TrunkEnd& end, bool was_open) noexcept override;
    void on_link_stream(runtime::Worker& worker, IntrusivePtr<mux::Stream> stream, const wire::Open& open) override {
        needs.on_stream(worker, std::move(stream), open);
    }
    void on_link_control(runtime::Worker& worker, const std::string& peer, IntrusivePtr<mux::Stream> stream) override;

    void use(std::shared_ptr<const transport::ClusterKeys> keys);
    void use_present_keys(MemberLinks& member);
    std::shared_ptr<TlsContext> dialling_context(const transport::ClusterKeys& keys, const std::string& peer) const;
    std::shared_ptr<TlsContext> calling_context(const MemberLinks& member) const noexcept;
    MemberTable::Entry make_member(const PeerSettings& peer, std::shared_ptr<PeerCarrier> carrier, bool is_listed);
    MemberTable::Entry known_member(const PeerSettings& peer);
    bool add_member(const PeerSettings& peer);
    bool forget_member(const std::string& name);
    std::shared_ptr<LinkDialler> dialler_of(const MemberTable::Entry& member, const net::HostPort& address,
                                            runtime::Worker& worker, LinkKind kind);
    bool make_place();
    void start_diallers(MemberLinks& member);
    void dial_soon(MemberLinks& member);
    bool add(const std::shared_ptr<Link>& link);
    void forget(const Link& link);
    void replace_by_dialling(const Link& link, bool was_open);
    void report_end(const Link& link, MemberLinks& member, const trunk::TrunkEnd& end, bool was_open);
    void report_refused(const Link& link, const trunk::TrunkEnd& end);
    void drain();
    void hand_over();
    void stop();
    std::set<std::shared_ptr<Link>> present_links();

    const Settings settings;
    const Needs needs;
    const LinkContext context;
    MemberTable members;
    std::atomic<bool> dials{false};  // between start() and drain()
    Published<std::shared_ptr<const transport::ClusterKeys>> keys;
    Published<std::shared_ptr<TlsContext>> tls;  // for accepted connections
    MemberSources addresses;
    LinkListener listener;
    std::atomic<std::uint64_t> refused{0};
    const Permits control_permits{limits::control_streams_max};
    Mutex mutex;
    std::set<std::shared_ptr<Link>> links GUARDED_BY(mutex);
    bool stopped GUARDED_BY(mutex) = false;
};

Links::Parts::Parts(Settings settings_in, Needs needs_in)
    : settings(std::move(settings_in)),
      needs(std::move(needs_in)),
      context{settings.link, needs.names, *this, needs.accounts, needs.log, needs.random},
      listener({context, needs.workers, [this] { return tls.get(); },
                [this](const std::shared_ptr<Link>& link) { return add(link); },
                [this] { refused.fetch_add(1, std::memory_order_relaxed); }, addresses}) {
    use(settings.keys);
    for (const PeerSettings& peer : settings.peers) {
        (void)members.find_or_add(peer.name, [&] {
            return make_member(peer, std::make_shared<PeerCarrier>(peer.name, needs.workers), true);
        });
    }
}

std::shared_ptr<TlsContext> Links::Parts::dialling_context(const transport::ClusterKeys& of,
                                                           const std::string& peer) const {
    return settings.own < peer ? transport::make_link_dialler(of, settings.own, peer) : nullptr;
}

// For one call.
std::shared_ptr<TlsContext> Links::Parts::calling_context(const MemberLinks& member) const noexcept {
    try {
        return transport::make_link_dialler(*keys.get(), settings.own, member.name());
    } catch (const std::exception&) {
        return nullptr;  // the member dials when its time has come
    }
}

// Makes all contexts first: one that cannot be made changes nothing. A member that is added meanwhile has the new keys
// already, or is in the table when they are set.
void Links::Parts::use(std::shared_ptr<const transport::ClusterKeys> changed) {
    std::map<std::string, std::shared_ptr<TlsContext>> dialling;
    for (const MemberTable::Entry& member : members.all()) {
        dialling[member->name()] = dialling_context(*changed, member->name());
    }
    tls = transport::make_link_acceptor(*changed, settings.own);
    keys = changed;
    for (const MemberTable::Entry& member : members.all()) {
        if (const auto made = dialling.find(member->name()); made != dialling.end()) {
            member->tls = made->second;
        } else {
            use_present_keys(*member);
        }
    }
}

// Of a member that was added while they were changed. Without a context it keeps the one before, until the next change.
void Links::Parts::use_present_keys(MemberLinks& member) {
    try {
        member.tls = dialling_context(*keys.get(), member.name());
    } catch (const transport::TlsConfigError& problem) {
        needs.log.warn("a member of the cluster is dialled with the keys before their change",
                       {{"member", member.name()}, {"why", problem.what()}});
    }
}

// --- members ---

// Of two members, the one with the smaller name dials.
MemberTable::Entry Links::Parts::make_member(const PeerSettings& peer, std::shared_ptr<PeerCarrier> carrier,
                                             bool is_listed) {
    auto member = std::make_shared<MemberLinks>(peer, is_listed, std::move(carrier), Clock::now());
    member->tls = dialling_context(*keys.get(), peer.name);
    const net::HostPort address{peer.host, peer.port};
    if (settings.own < peer.name) {
        member->diallers.push_back(dialler_of(member, address, needs.workers.at(0), LinkKind::control));
        for (std::size_t i = 0; i < needs.workers.size(); ++i) {
            member->diallers.push_back(dialler_of(member, address, needs.workers.at(i), LinkKind::data));
        }
    } else if (!peer.host.empty()) {
        member->diallers.push_back(dialler_of(member, address, needs.workers.at(0), LinkKind::call));
    }
    if (!peer.host.empty()) {
        addresses.add_configured(peer.name, peer.host);
    }
    return member;
}

// Null if it cannot be known. The place comes first: what etcd has too much costs no context and no diallers.
MemberTable::Entry Links::Parts::known_member(const PeerSettings& peer) {
    bool is_new = false;
    MemberTable::Entry member = members.find_or_add(peer.name, [&]() -> MemberTable::Entry {
        auto carrier = std::make_shared<PeerCarrier>(peer.name, needs.workers);
        if (!needs.on_member || peer.name == settings.own || !needs.on_member(peer.name, carrier)) {
            return nullptr;
        }
        is_new = true;
        return make_member(peer, std::move(carrier), false);
    });
    if (is_new) {
        needs.on_members();
    }
    return member;
}

bool Links::Parts::add_member(const PeerSettings& peer) {
    const MemberTable::Entry member = known_member(peer);
    if (!member || member->is_listed()) {
        return member != nullptr;
    }
    const net::HostPort address{peer.host, peer.port};
    if (member->set_address(address)) {
        addresses.add_configured(peer.name, peer.host);
        for (const std::shared_ptr<LinkDialler>& dialler : member->diallers) {
            (void)dialler->worker().post([dialler, address] { dialler->set_address(address); });
        }
    }
    start_diallers(*member);
    return true;
}

bool Links::Parts::forget_member(const std::string& name) {
    const MemberTable::Entry member = members.forget(name, [&] { needs.on_forgotten(name); });
    if (!member) {
        return false;
    }
    addresses.forget(name);
    for (const std::shared_ptr<LinkDialler>& dialler : member->diallers) {
        run_on(dialler->worker(), [dialler] { dialler->stop(); });
    }
    needs.on_members();
    return true;
}

// A member that has proved to be one does not wait for those that etcd, or a link of the past, has named: whoever
// writes keys there could use up all places. Those that were never linked go first, then those that were lost first.
bool Links::Parts::make_place() {
    std::vector<PeerState> idle;
    for (const MemberTable::Entry& member : members.all()) {
        PeerState state = member->state();
        if (!state.is_listed && !state.linked) {
            idle.push_back(std::move(state));
        }
    }
    std::sort(idle.begin(), idle.end(), [](const PeerState& one, const PeerState& other) {
        return std::pair(!one.agent.empty(), one.since) < std::pair(!other.agent.empty(), other.since);
    });
    return std::any_of(idle.begin(), idle.end(), [this](const PeerState& one) { return forget_member(one.name); });
}

void Links::Parts::start_diallers(MemberLinks& member) {
    if (!dials.load() || member.is_dialled.exchange(true)) {
        return;
    }
    for (const std::shared_ptr<LinkDialler>& dialler : member.diallers) {
        (void)dialler->worker().post([dialler] { dialler->start(); });
    }
}

// It can be reached: none of its links waits for its back-off.
void Links::Parts::dial_soon(MemberLinks& member) {
    for (const std::shared_ptr<LinkDialler>& dialler : member.diallers) {
        (void)dialler->worker().post([dialler] { dialler->on_reached(); });
    }
}

// --- dialling ---

std::shared_ptr<LinkDialler> Links::Parts::dialler_of(const MemberTable::Entry& member, const net::HostPort& address,
                                                      runtime::Worker& worker, LinkKind kind) {
    const auto failed = [this, itself = std::weak_ptr(member), &worker, kind](const std::string& why) {
        const MemberTable::Entry of = itself.lock();
        if (of && kind == LinkKind::control && of->set_problem(nullptr, why, worker.now()) != MemberLinks::News::none) {
            const PeerState state = of->state();
            needs.log.warn("could not connect to a member of the cluster",
                           {{"member", state.name}, {"address", state.address}, {"why", why}});
        }
    };
    const auto context_of = [this, itself = std::weak_ptr(member), kind]() -> std::shared_ptr<TlsContext> {
        const MemberTable::Entry of = itself.lock();
        return !of ? nullptr : kind == LinkKind::call ? calling_context(*of) : of->tls.get();
    };
    const auto is_wanted = [itself = std::weak_ptr(member), kind] {
        const MemberTable::Entry of = itself.lock();
        return kind != LinkKind::call || (of && !of->state().linked);
    };
    return std::make_shared<LinkDialler>(
        LinkDialler::Settings{member->name(), address, kind},
        LinkDialler::Needs{context, worker, context_of, [this](const std::shared_ptr<Link>& link) { return add(link); },
                           failed, is_wanted});
}

void Links::Parts::replace_by_dialling(const Link& link, bool was_open) {
    const MemberTable::Entry member = members.find(link.peer());
    for (std::size_t i = 0; member && i < member->diallers.size(); ++i) {
        LinkDialler& dialler = *member->diallers[i];
        if (&dialler.worker() == &link.worker()) {
            dialler.on_link_gone(link, was_open);
        }
    }
}

// --- links ---

bool Links::Parts::add(const std::shared_ptr<Link>& link) {
    const MutexLock lock(mutex);
    if (!stopped) {
        links.insert(link);
    }
    return !stopped;
}

void Links::Parts::forget(const Link& link) {
    const MutexLock lock(mutex);
    std::erase_if(links, [&link](const std::shared_ptr<Link>& one) { return one.get() == &link; });
}

// The proof names the member, so with a store one that was not found there yet is accepted, too.
std::optional<std::string> Links::Parts::refuse_peer(const std::string& peer) {
    if (!needs.on_member && !members.find(peer)) {
        return '"' + peer + "\" is not in this member's list of peers";
    }
    if (peer > settings.own) {
        return std::nullopt;  // it may call
    }
    if (peer == settings.own) {
        return '"' + peer + "\" is this member's own name";
    }
    if (!known_member({peer, {}, 0}) && !(make_place() && known_member({peer, {}, 0}))) {
        return '"' + peer + "\" has no place: this member knows as many others as it can";
    }
    return std::nullopt;
}

std::optional<std::string> Links::Parts::refuse_link(const std::string& peer, LinkKind kind) {
    const bool is_dialled = settings.own < peer;
    if (is_dialled == (kind == LinkKind::call)) {
        return std::nullopt;
    }
    return '"' + peer + (is_dialled ? "\" is not to dial" : "\" is not to call") +
           " this member: of two members the one with the smaller name dials";
}

void Links::Parts::on_link_open(const std::shared_ptr<Link>& link) {
    const MemberTable::Entry member = link->dials() ? members.find(link->peer()) : known_member({link->peer(), {}, 0});
    const bool is_control = link->kind() == LinkKind::control;
    if (member && !link->dials()) {
        addresses.learn(link->peer(), link->from());
    }
    const auto older = member && is_control ? member->set_control(link) : std::nullopt;
    const std::shared_ptr<void> counted =
        member && !is_control ? member->count_data_link(context.settings.data_links) : nullptr;
    if (!member || (is_control && !older)) {
        (void)link->post([](Link& one) { one.end(Code::busy, "this member was forgotten; it is to connect again"); });
    } else if (is_control && *older) {
        (void)(*older)->post(
            [](Link& one) { one.end(Code::superseded, "a newer link of the same member replaces it"); });
    } else if (!is_control && !counted) {
        (void)link->post([](Link& one) { one.end(Code::limit, "there are too many data links of this member"); });
    } else if (!is_control) {
        link->hold(counted);
        member->carrier()->add(link);
        on_link_responsive();
        needs.log.debug("a data link to a member of the cluster is open", {{"member", link->peer()}});
    }
}

void Links::Parts::on_linked(const std::shared_ptr<Link>& link, const cluster::Hello& hello) {
    const MemberTable::Entry member = members.find(link->peer());
    if (member && member->set_linked(*link, hello.agent, link->worker().now())) {
        const PeerState state = member->state();
        needs.log.info("linked with a member of the cluster",
                       {{"member", state.name},
                        {"address", link->dials() ? state.address : link->from()},
                        {"agent", state.agent},
                        {"tls", link->description()}});
        dial_soon(*member);
    }
}

void Links::Parts::on_link_retired(const std::shared_ptr<Link>& link) {
    if (const MemberTable::Entry member = members.find(link->peer())) {
        member->carrier()->remove(*link);
    }
    replace_by_dialling(*link, true);
}

void Links::Parts::on_link_end(const std::shared_ptr<Link>& link, const trunk::TrunkEnd& end, bool was_open) noexcept {
    forget(*link);
    const MemberTable::Entry member = members.find(link->peer());
    if (member) {
        member->carrier()->remove(*link);
        replace_by_dialling(*link, was_open);
    }
    try {
        if (link->kind() == LinkKind::call) {
            return;
        }
        if (!link->dials() && !was_open) {
            report_refused(*link, end);
        } else if (member) {
            report_end(*link, *member, end, was_open);
        }
    } catch (const std::bad_alloc&) {
        // Only the line is missing.
    }
}

void Links::Parts::report_end(const Link& link, MemberLinks& member, const trunk::TrunkEnd& end, bool was_open) {
    const std::string why = reason_of(end);
    if (link.kind() == LinkKind::data) {
        needs.log.debug(was_open ? "a data link to a member of the cluster has ended"
                                 : "a data link to a member of the cluster could not be opened",
                        {{"member", link.peer()}, {"why", why}});
        return;
    }
    const MemberLinks::News news = member.set_problem(&link, why, link.worker().now());
    if (news != MemberLinks::News::none) {
        needs.log.warn(news == MemberLinks::News::lost ? "the link to a member of the cluster was lost"
                                                       : "could not link with a member of the cluster",
                       {{"member", link.peer()}, {"code", wire::name_of(end.code)}, {"why", why}});
    }
}

void Links::Parts::report_refused(const Link& link, const trunk::TrunkEnd& end) {
    refused.fetch_add(1, std::memory_order_relaxed);
    if (needs.log.may_write(LogLevel::warn, refused_peers, link.worker().now())) {
        needs.log.warn("a connection to the cluster's port was refused",
                       {{"peer", link.from()}, {"code", wire::name_of(end.code)}, {"why", reason_of(end)}});
    }
}

void Links::Parts::on_link_control(runtime::Worker& worker, const std::string& peer, IntrusivePtr<mux::Stream> stream) {
    if (!needs.on_control) {
        stream->abort(Code::unsupported);
    } else if (runtime::Fd socket = receive_control(worker, stream, control_permits.acquire())) {
        needs.on_control(peer, std::move(socket));
    }
}

// --- the end ---

void Links::Parts::drain() {
    dials = false;
    run_on(needs.workers.at(0), [this] { listener.stop(); });
    for (const MemberTable::Entry& member : members.all()) {
        for (const std::shared_ptr<LinkDialler>& dialler : member->diallers) {
            run_on(dialler->worker(), [dialler] { dialler->stop(); });
        }
    }
}

std::set<std::shared_ptr<Link>> Links::Parts::present_links() {
    const MutexLock lock(mutex);
    return links;
}

void Links::Parts::hand_over() {
    for (const std::shared_ptr<Link>& link : present_links()) {
        (void)link->post([](Link& one) { one.hand_over(replaced); });
    }
}

void Links::Parts::stop() {
    {
        const MutexLock lock(mutex);
        stopped = true;
    }
    drain();
    for (const std::shared_ptr<Link>& link : present_links()) {
        if (!link->post([](Link& one) { one.end(Code::going_away, stopping); })) {
            if (const MemberTable::Entry member = members.find(link->peer())) {
                member->carrier()->remove(*link);
            }
            link->abandon();
            forget(*link);
        }
    }
}

// --- Links ---

Links::Links(Settings settings, Needs needs) : parts_(std::make_unique<Parts>(std::move(settings), std::move(needs))) {}

Links::~Links() {
    stop();
}

std::vector<std::shared_ptr<PeerCarrier>> Links::carriers() const {
    std::vector<std::shared_ptr<PeerCarrier>> carriers;
    for (const MemberTable::Entry& member : parts_->members.all()) {
        carriers.push_back(member->carrier());
    }
    return carriers;
}

bool Links::add_member(const PeerSettings& peer) {
    return parts_->add_member(peer);
}

bool Links::forget_member(const std::string& name) {
    return parts_->forget_member(name);
}

void Links::start(runtime::Fd listener) {
    (void)parts_->needs.workers.at(0).post([parts = parts_.get(), listener = std::move(listener)]() mutable {
        parts->listener.start(std::move(listener));
    });
    parts_->dials = true;
    for (const MemberTable::Entry& member : parts_->members.all()) {
        parts_->start_diallers(*member);
    }
}

void Links::set_keys(std::shared_ptr<const transport::ClusterKeys> keys) {
    parts_->use(std::move(keys));
}

void Links::drain() noexcept {
    parts_->drain();
}

void Links::hand_over() noexcept {
    parts_->hand_over();
}

void Links::stop() noexcept {
    parts_->stop();
}

std::vector<PeerState> Links::states() const {
    std::vector<PeerState> states;
    for (const MemberTable::Entry& member : parts_->members.all()) {
        states.push_back(member->state());
    }
    return states;
}

std::uint64_t Links::refused() const noexcept {
    return parts_->refused.load(std::memory_order_relaxed);
}

}  // namespace ferrotunnel::peers
