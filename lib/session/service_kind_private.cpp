// Services that other clients of the server visit by name. Nothing is claimed or opened, and several clients may have a
// service of the same name.
#include "session/service_kind.hpp"

namespace ferrotunnel::session {

namespace {

class PrivateKind final : public ServiceKind {
public:
    explicit PrivateKind(const ServiceKindNeeds& needs) : needs_(needs) {}

    std::optional<Refusal> read(const wire::Service&, ServicePlace&) const override { return std::nullopt; }
    std::optional<Refusal> choose(const wire::Service&, ServicePlace&) const override { return std::nullopt; }
    std::vector<directory::ClaimName> names_of(const SessionService&, const ServicePlace&) const override { return {}; }
    std::optional<Refusal> open(SessionService& service, const ServicePlace&) override {
        service.opened = needs_.at.facts.agreement.trunk == 1;  // the other trunks have nothing to report
        service.traffic = make_intrusive<trunk::Traffic>();
        service.traffic->total = needs_.traffic;
        return std::nullopt;
    }
    void handover_from(const std::vector<directory::ClientId>&, const SessionService&, const ServicePlace&) override {}
    void close(SessionService&) override {}
    void leave(SessionService&, bool) noexcept override {}
    void yield(SessionService&) override {}
    void set_health(SessionService&) override {}

private:
    const ServiceKindNeeds& needs_;
};

}  // namespace

std::unique_ptr<ServiceKind> make_private_kind(const ServiceKindNeeds& needs) {
    return std::make_unique<PrivateKind>(needs);
}

}  // namespace ferrotunnel::session
