// What a statically linked program says to the C library before anything else.
#include <nss.h>

namespace {

// Names and users are found by what is inside the C library: hosts, DNS, /etc/passwd. Other modules, which
// /etc/nsswitch.conf may name, are shared libraries, and loading one made for another C library ends the program.
const struct FindWithoutModules {
    FindWithoutModules() {
        __nss_configure_lookup("hosts", "files dns");
        __nss_configure_lookup("passwd", "files");
    }
} find_without_modules;

}  // namespace
