#include "simulation/groups/port_world.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "runtime/datagram_socket.hpp"
#include "wire/group_words.hpp"

namespace ferrotunnel::simulation {

using directory::ClientId;
using directory::Membership;
using directory::SharedPort;
using directory::Visitor;
using namespace std::chrono_literals;

/// One who sends datagrams.
class PortWorld::Guest final : public directory::DistantVisitor {
public:
    enum class State : std::uint8_t { on_its_way, waits, taken, refused };

    explicit Guest(std::uint64_t number_in) : number(number_in) {}
    void wake() noexcept override {}
    void opened(IntrusivePtr<mux::Stream>, IntrusivePtr<trunk::TrafficCounter>,
                std::shared_ptr<shaping::ServiceShape>) noexcept override {}
    void refused() noexcept override { become(State::refused); }
    void become(State to) noexcept {
        is_wrong = is_wrong || state == State::taken || state == State::refused;
        state = to;
    }

    const std::uint64_t number;
    State state = State::on_its_way;
    bool had_waited = false;
    bool is_wrong = false;  // two have had it, or it was refused twice
};

class PortWorld::Trunk final : public directory::VisitorCarrier, public std::enable_shared_from_this<Trunk> {
public:
    Trunk(PortWorld& world, std::size_t client) : client_(client), world_(world) {}

    std::size_t client() const noexcept { return client_; }
    std::uint64_t load() const noexcept override { return kept_.size(); }
    void take(Visitor visitor, std::uint32_t) override {
        const auto own = std::find_if(world_.trunks_.begin(), world_.trunks_.end(),
                                      [this](const auto& one) { return one.get() == this; });
        world_.is_wrong_ = world_.is_wrong_ || own == world_.trunks_.end() || !health.healthy;
        if (is_full) {
            (void)visitor.port->pass_on(visitor, *this);
            return;  // if nobody took it, it is refused
        }
        auto& guest = static_cast<Guest&>(*visitor.distant);
        guest.become(Guest::State::taken);
        world_.taken_.push_back({guest.number, guest.had_waited});
        visitor.distant = nullptr;  // so it is not notified that it is refused
        kept_.push_back(std::move(visitor.of_member));
    }
    void dropped(const std::shared_ptr<SharedPort>&) noexcept override { is_dropped = true; }
    /// One of its visitors goes.
    void let_go() {
        if (!kept_.empty()) {
            kept_.pop_back();
        }
    }

    bool is_full = false;
    bool is_dropped = false;
    directory::CarrierHealth health{};

private:
    const std::size_t client_;
    PortWorld& world_;
    std::vector<std::shared_ptr<directory::MemberVisit>> kept_;
};

/// The socket, by which guests come.
class PortWorld::Door final : public directory::PublicPort {
public:
    Door(PortWorld& world, runtime::Fd socket, directory::DatagramHandler on_visitor)
        : world_(world), socket_(std::move(socket)), on_visitor_(std::move(on_visitor)) {
        world_.door_ = this;
    }
    ~Door() override {
        if (world_.door_ == this) {
            world_.door_ = nullptr;
        }
    }
    runtime::SocketAddress address() const override { return runtime::local_address(socket_.get()); }
    void set_paused(bool) noexcept override {}
    void refuse_visitors() noexcept override { runtime::free_datagram_address(socket_.get()); }
    void let_in(IntrusivePtr<Guest> guest) {
        on_visitor_(std::move(guest), *runtime::SocketAddress::from_ip("192.0.2.1", 1'000));
    }

private:
    PortWorld& world_;
    const runtime::Fd socket_;
    const directory::DatagramHandler on_visitor_;
};

PortWorld::PortWorld(std::uint64_t seed, GroupCounts& counts, bool verbose)
    : random_(seed), counts_(counts), verbose_(verbose), is_group_(random_.chance(50)) {
    directory::HoldLimiter::Settings held;
    held.visitors_max = waiting_max;
    table_ = std::make_shared<directory::PortTable>(directory::PortTable::Limits{}, held);
    terms_.group = {{1}, {99}};
    terms_.balance = static_cast<wire::Balance>(random_.below(count_words<wire::Balance>()));
    terms_.sticky = random_.chance(30) ? wire::Sticky::address : wire::Sticky::off;
}

PortWorld::~PortWorld() {
    for (const auto& trunk : std::exchange(trunks_, {})) {
        table_->leave(*port_, *trunk);
    }
    table_->stop_holding();
    worker_.stop();
    table_->end();
}

void PortWorld::require(bool holds, const char* what) const {
    if (!holds) {
        throw std::runtime_error(what);
    }
}

void PortWorld::tell(const std::string& what) const {
    if (verbose_) {
        std::printf("port: %s\n", what.c_str());
    }
}

void PortWorld::run() {
    const std::uint64_t steps = random_.between(10, 80);
    for (std::uint64_t i = 0; i < steps; ++i) {
        taken_.clear();
        step();
        settle();
        judge();
    }
    end_all();
}

void PortWorld::step() {
    const std::uint64_t what = random_.below(100);
    if (what < 12) {
        const std::size_t client = random_.below(4);
        join(is_group_ || trunks_.empty() ? client : trunks_.front()->client());
    } else if (what < 24) {
        if (!trunks_.empty()) {
            leave(random_.below(trunks_.size()), random_.chance(80));
        }
    } else if (what < 28) {
        give_to_successor();
    } else if (what < 32) {
        rotate();
    } else if (what < 38) {
        // Longer than any seed, over at once, or none.
        hold_ = random_.chance(70) ? Duration(1h) : random_.chance(60) ? Duration(1) : Duration(0);
        table_->set_hold(hold_);
    } else if (what < 50) {
        if (!trunks_.empty()) {
            Trunk& trunk = *trunks_[random_.below(trunks_.size())];
            trunk.is_full = random_.chance(40);
            trunk.health = {random_.chance(75), false};
            directory::PortTable::set_health(*port_, trunk, trunk.health);
        }
    } else if (what < 55) {
        if (!trunks_.empty()) {
            trunks_[random_.below(trunks_.size())]->let_go();
        }
    } else {
        for (std::uint64_t guests = random_.chance(5) ? 30 : random_.between(1, 3); guests > 0; --guests) {
            add_visitor();
        }
    }
}

ClientId PortWorld::id_of(std::size_t client) const {
    return {{1}, {static_cast<std::uint8_t>(client + 1)}};
}

std::optional<Membership> PortWorld::membership_of(std::size_t client) const {
    if (!is_group_) {
        return std::nullopt;
    }
    Membership membership = terms_;
    membership.client = id_of(client);
    membership.name = std::string(1, static_cast<char>('a' + client % 2));
    membership.standby = client == 3;
    return membership;
}

// The first trunk opens the port, or takes it over as it is held.
void PortWorld::join(std::size_t client) {
    const auto trunk = std::make_shared<Trunk>(*this, client);
    const bool was_held = trunks_.empty() && is_open_;
    const auto at = *runtime::SocketAddress::from_ip("127.0.0.1", number_);
    std::error_code error;
    const auto open = [this](runtime::Worker&, runtime::Fd socket, const directory::DatagramTerms&,
                             directory::DatagramHandler on_visitor) {
        return std::make_unique<Door>(*this, std::move(socket), std::move(on_visitor));
    };
    trunks_.push_back(trunk);  // it may be given visitors at once
    const auto joined = table_->join(id_of(client), at, trunk, 1, worker_, open, directory::DatagramTerms{"dns"}, error,
                                     {}, membership_of(client), trunk->health);
    tell("joins: " + std::to_string(client));
    require(joined.port && !joined.refusal, "a client of the token has the port");
    require(!was_held || joined.port == port_, "who comes back has the port with those who wait");
    require(!was_held || joined.opened, "it is the first one that has it");
    port_ = joined.port;
    number_ = port_->address().port();
    is_open_ = true;
    std::erase_if(trunks_, [](const auto& one) { return one->is_dropped; });
}

void PortWorld::leave(std::size_t at, bool may_return) {
    const auto trunk = trunks_[at];
    tell("leaves: " + std::to_string(trunk->client()));
    trunks_.erase(trunks_.begin() + static_cast<std::ptrdiff_t>(at));
    table_->leave(*port_, *trunk, may_return);
    is_open_ = !trunks_.empty() || (may_return && hold_ > Duration(1));
}

// Another client has the port from now on, as it listens.
void PortWorld::give_to_successor() {
    if (is_group_ || trunks_.empty()) {
        return;
    }
    const std::size_t old = trunks_.front()->client();
    const std::size_t fresh = (old + 1) % 4;
    tell("is given to " + std::to_string(fresh));
    table_->handover_port({id_of(old)}, id_of(fresh), directory::Transport::udp, port_->address());
    if (random_.chance(50)) {
        add_visitor();
    }
    const auto before = trunks_;
    const auto port = port_;
    join(fresh);
    require(port == port_, "a successor has the port as it listens");
    require(std::all_of(before.begin(), before.end(), [](const auto& one) { return one->is_dropped; }),
            "those whose place was taken are told");
    ++counts_.handed_over;
}

void PortWorld::rotate() {
    if (trunks_.empty()) {
        return;
    }
    const auto old = trunks_[random_.below(trunks_.size())];
    table_->yield(*port_, *old);
    if (random_.chance(50)) {
        add_visitor();
    }
    join(old->client());
    require(old->is_dropped, "a fresh trunk takes the place of the one that yields");
}

bool PortWorld::somebody_takes() const {
    return std::any_of(trunks_.begin(), trunks_.end(),
                       [](const auto& one) { return !one->is_full && one->health.healthy; });
}

void PortWorld::add_visitor() {
    if (door_ == nullptr) {
        return;
    }
    ++counts_.visitors;
    const bool may_wait = trunks_.empty();
    const bool is_taken = somebody_takes();
    const bool is_full = waiting() >= waiting_max;
    const auto guest = make_intrusive<Guest>(guests_.size());
    guests_.push_back(guest);
    door_->let_in(guest);
    if (guest->state == Guest::State::on_its_way) {
        guest->state = Guest::State::waits;
        guest->had_waited = true;
        ++counts_.waited;
        require(!is_full, "no more wait than may");
        require(may_wait, "who could be taken does not wait");
    } else if (guest->state == Guest::State::refused) {
        ++counts_.refused;
        turned_away_ += may_wait && is_full ? 1 : 0;
        require(!is_taken, "a visitor is refused, though a trunk takes it");
        require(!may_wait || is_full, "a visitor is refused, though there is room to wait");
    }
}

std::size_t PortWorld::waiting() const {
    return static_cast<std::size_t>(std::count_if(guests_.begin(), guests_.end(),
                                                  [](const auto& one) { return one->state == Guest::State::waits; }));
}

// Runs whatever is on its way.
void PortWorld::settle() {
    int polls = 0;
    for (int idle = 0; idle < 3;) {
        require(++polls < 100'000, "what is on its way comes to an end");
        io_.restart();
        idle = io_.poll_one() == 0 ? idle + 1 : 0;
    }
}

void PortWorld::judge() {
    require(!is_wrong_, "a trunk gets no visitor that it may not have");
    require(std::none_of(guests_.begin(), guests_.end(), [](const auto& one) { return one->is_wrong; }),
            "a visitor is in one place");
    std::erase_if(taken_, [](const Taken& one) { return !one.had_waited; });
    require(std::is_sorted(taken_.begin(), taken_.end(),
                           [](const Taken& one, const Taken& other) { return one.guest < other.guest; }),
            "who has waited longest gets in first");
    require(table_->holds().waiting == waiting(), "the book counts those who wait");
    require(trunks_.empty() || waiting() == 0, "nobody waits where there is somebody");
    require((door_ != nullptr) == is_open_, "a port is open while somebody has it, or it is held");
    if (!is_open_) {
        number_ = 0;  // another process may have it by now
    }
    for (const auto& trunk : trunks_) {
        const auto member = port_->member_of(*trunk);
        std::uint64_t visitors = 0;
        for (const auto& other : trunks_) {
            visitors += other->client() == trunk->client() ? other->load() : 0;
        }
        require(member == nullptr ? !is_group_ : member->visitors_now() == visitors, "as many count as a member has");
    }
}

void PortWorld::end_all() {
    while (!trunks_.empty()) {
        leave(0, false);
    }
    settle();
    table_->stop_holding();
    is_open_ = false;
    settle();
    judge();
    require(waiting() == 0, "nobody waits in the end");
    std::uint64_t waited = 0;
    std::uint64_t waited_in_vain = 0;
    for (const auto& guest : guests_) {
        waited += guest->had_waited ? 1 : 0;
        waited_in_vain += guest->had_waited && guest->state == Guest::State::refused ? 1 : 0;
    }
    const auto counts = table_->holds();
    require(counts.held == waited, "the book knows who has waited");
    require(counts.given_up >= turned_away_ && counts.given_up <= turned_away_ + waited_in_vain,
            "and who has waited in vain, or found no place");
}

}  // namespace ferrotunnel::simulation
