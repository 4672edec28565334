// Files of cloudflared: a tunnel with its rules.
#include "cloudflared.hpp"

#include "readers.hpp"

namespace ferrotunnel::cli::importing {

bool looks_like_cloudflared(const Source& source) {
    if (source.format != Format::yaml && source.format != Format::json) {
        return false;
    }
    const Value& root = source.root;
    const Value* const ingress = root.find("ingress");
    const Value* const tunnel = root.find("tunnel");
    return (ingress != nullptr && ingress->kind == Value::Kind::list) || (tunnel != nullptr && tunnel->is_scalar()) ||
           root.find("credentials-file") != nullptr || root.find("warp-routing") != nullptr;
}

Draft read_cloudflared(std::span<const Source> sources) {
    Draft draft;
    if (!sources.empty()) {
        add_login_to_fill_in(draft, {sources.front().file, 0, {}});
    }
    for (const Source& source : sources) {
        Keys root(source, source.root);
        cloudflared::read_client(draft, root);
        cloudflared::OriginSettings common = cloudflared::read_flat_settings(draft, root);
        common.merge(cloudflared::read_origin_settings(draft, root));
        if (root.has("ingress")) {
            cloudflared::read_rules(draft, root, common);
        } else {
            cloudflared::read_single_service(draft, root, common);
        }
        common.skip_unused(draft);
        root.lose_rest(draft);
    }
    return draft;
}

}  // namespace ferrotunnel::cli::importing
