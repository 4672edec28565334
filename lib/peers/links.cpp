#include "peers/links.hpp"

#include <atomic>
#include <set>
#include <utility>

#include "base/published.hpp"
#include "peers/control_stream.hpp"
#include "peers/link_dialler.hpp"
#include "peers/link_listener.hpp"
#include "peers/member_links.hpp"
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

    void use(const transport::ClusterKeys& keys);
    void add_diallers();
    std::shared_ptr<LinkDialler> dialler_of(MemberLinks& member, runtime::Worker& worker, LinkKind kind);
    bool add(const std::shared_ptr<Link>& link);
    void forget(const Link& link);
    MemberLinks* find(const std::string& name);
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
    std::vector<std::unique_ptr<MemberLinks>> members;
    std::vector<std::shared_ptr<PeerCarrier>> carriers;
    std::vector<std::shared_ptr<LinkDialler>> diallers;
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
    for (const PeerSettings& peer : settings.peers) {
        members.push_back(std::make_unique<MemberLinks>(peer, needs.workers, Clock::now()));
        carriers.push_back(members.back()->carrier());
        addresses.add_configured(peer.host);
    }
    use(*settings.keys);
    add_diallers();
}

// Makes all contexts first: one that cannot be made changes nothing.
void Links::Parts::use(const transport::ClusterKeys& keys) {
    std::vector<std::shared_ptr<TlsContext>> dialling;
    for (const PeerSettings& peer : settings.peers) {
        dialling.push_back(settings.own < peer.name ? transport::make_link_dialler(keys, settings.own, peer.name)
                                                    : nullptr);
    }
    tls = transport::make_link_acceptor(keys, settings.own);
    for (std::size_t i = 0; i < members.size(); ++i) {
        members[i]->tls = dialling[i];
    }
}

// --- dialling ---

void Links::Parts::add_diallers() {
    for (const std::unique_ptr<MemberLinks>& member : members) {
        if (settings.own < member->settings().name) {
            diallers.push_back(dialler_of(*member, needs.workers.at(0), LinkKind::control));
            for (std::size_t i = 0; i < needs.workers.size(); ++i) {
                diallers.push_back(dialler_of(*member, needs.workers.at(i), LinkKind::data));
            }
        }
    }
}

std::shared_ptr<LinkDialler> Links::Parts::dialler_of(MemberLinks& member, runtime::Worker& worker, LinkKind kind) {
    const PeerSettings& peer = member.settings();
    const auto failed = [this, &member, &worker, kind](const std::string& why) {
        if (kind == LinkKind::control && member.set_problem(nullptr, why, worker.now()) != MemberLinks::News::none) {
            const PeerState state = member.state();
            needs.log.warn("could not connect to a member of the cluster",
                           {{"member", state.name}, {"address", state.address}, {"why", why}});
        }
    };
    return std::make_shared<LinkDialler>(
        LinkDialler::Settings{peer.name, {peer.host, peer.port}, kind},
        LinkDialler::Needs{context, worker, [&member] { return member.tls.get(); },
                           [this](const std::shared_ptr<Link>& link) { return add(link); }, failed});
}

void Links::Parts::replace_by_dialling(const Link& link, bool was_open) {
    for (const std::shared_ptr<LinkDialler>& dialler : diallers) {
        if (&dialler->worker() == &link.worker()) {
            dialler->on_link_gone(link, was_open);
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

MemberLinks* Links::Parts::find(const std::string& name) {
    for (const std::unique_ptr<MemberLinks>& member : members) {
        if (member->settings().name == name) {
            return member.get();
        }
    }
    return nullptr;
}

std::optional<std::string> Links::Parts::refuse_peer(const std::string& peer) {
    if (find(peer) == nullptr) {
        return '"' + peer + "\" is not in this member's list of peers";
    }
    if (peer > settings.own) {
        return '"' + peer + "\" is not to dial this member: of two members the one with the smaller name dials";
    }
    return std::nullopt;
}

void Links::Parts::on_link_open(const std::shared_ptr<Link>& link) {
    MemberLinks& member = *find(link->peer());
    if (!link->dials()) {
        addresses.learn(link->peer(), link->from());
    }
    if (link->kind() == LinkKind::data) {
        if (!member.add_data_link(context.settings.data_links)) {
            (void)link->post([](Link& one) { one.end(Code::limit, "there are too many data links of this member"); });
            return;
        }
        member.carrier()->add(link);
        on_link_responsive();
        needs.log.debug("a data link to a member of the cluster is open", {{"member", link->peer()}});
    } else if (const std::shared_ptr<Link> older = member.set_control(link)) {
        (void)older->post([](Link& one) { one.end(Code::superseded, "a newer link of the same member replaces it"); });
    }
}

void Links::Parts::on_linked(const std::shared_ptr<Link>& link, const cluster::Hello& hello) {
    MemberLinks& member = *find(link->peer());
    if (member.set_linked(*link, hello.agent, link->worker().now())) {
        const PeerState state = member.state();
        needs.log.info("linked with a member of the cluster",
                       {{"member", state.name},
                        {"address", link->dials() ? state.address : link->from()},
                        {"agent", state.agent},
                        {"tls", link->description()}});
    }
}

void Links::Parts::on_link_retired(const std::shared_ptr<Link>& link) {
    find(link->peer())->carrier()->remove(*link);
    replace_by_dialling(*link, true);
}

void Links::Parts::on_link_end(const std::shared_ptr<Link>& link, const trunk::TrunkEnd& end, bool was_open) noexcept {
    forget(*link);
    MemberLinks* const member = find(link->peer());
    if (member != nullptr) {
        member->carrier()->remove(*link);
        if (was_open && link->kind() == LinkKind::data) {
            member->remove_data_link();
        }
        replace_by_dialling(*link, was_open);
    }
    try {
        if (!link->dials() && !was_open) {
            report_refused(*link, end);
        } else {
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
    run_on(needs.workers.at(0), [this] { listener.stop(); });
    for (const std::shared_ptr<LinkDialler>& dialler : diallers) {
        run_on(dialler->worker(), [dialler] { dialler->stop(); });
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
            if (MemberLinks* const member = find(link->peer())) {
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

const std::vector<std::shared_ptr<PeerCarrier>>& Links::carriers() const noexcept {
    return parts_->carriers;
}

void Links::start(runtime::Fd listener) {
    (void)parts_->needs.workers.at(0).post([parts = parts_.get(), listener = std::move(listener)]() mutable {
        parts->listener.start(std::move(listener));
    });
    for (const std::shared_ptr<LinkDialler>& dialler : parts_->diallers) {
        (void)dialler->worker().post([dialler] { dialler->start(); });
    }
}

void Links::set_keys(std::shared_ptr<const transport::ClusterKeys> keys) {
    parts_->use(*keys);
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
    for (const std::unique_ptr<MemberLinks>& member : parts_->members) {
        states.push_back(member->state());
    }
    return states;
}

std::uint64_t Links::refused() const noexcept {
    return parts_->refused.load(std::memory_order_relaxed);
}

}  // namespace ferrotunnel::peers
