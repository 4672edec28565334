# Packages by CPack, which scripts/package calls: `ferrotunnel` has the program, its plugins and its unit,
# `libferrotunnel-dev` (RPM: ferrotunnel-devel) the library. packages/files.cmake adds what only packages have.
if(BUILD_SHARED_LIBS)  # the program would need a package of the shared library, whose ABI is not promised yet
  return()
endif()

set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CONTACT "The FerroTunnel authors")  # scripts/package adds an address
set(CPACK_PACKAGE_VENDOR "The FerroTunnel authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/packages/files.cmake)
set(CPACK_FERROTUNNEL_SOURCE ${PROJECT_SOURCE_DIR})

set(program_summary "reverse tunnels over one encrypted connection")
set(program_description "FerroTunnel gives a service behind NAT or a firewall a public address.
This package has the program, which is server and client, its plugins and
a systemd unit for any number of instances: ferrotunnel@NAME runs
/etc/ferrotunnel/NAME.yml.")
set(development_summary "reverse tunnels in C++ programs (development files)")
set(development_description "Headers and the static library of FerroTunnel, which gives a service
behind NAT or a firewall a public address, for C++20 programs that are
clients or servers themselves, and for plugins.")

# Debian. Builds for several releases differ in what they depend on, so the release is part of the version.
cmake_host_system_information(RESULT system QUERY DISTRIB_ID)
cmake_host_system_information(RESULT system_version QUERY DISTRIB_VERSION_ID)
string(REGEX REPLACE "^debian$" "deb" system "${system}")
set(CPACK_DEBIAN_PACKAGE_RELEASE "1~${system}${system_version}")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SOURCE ferrotunnel)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME ferrotunnel)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION "${program_summary}\n${program_description}")
list(TRANSFORM CMAKE_CURRENT_LIST_DIR APPEND /packages/debian/ OUTPUT_VARIABLE scripts)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_CONTROL_EXTRA ${scripts}postinst ${scripts}prerm ${scripts}postrm)

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libferrotunnel-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "libasio-dev, libbrotli-dev, libfmt-dev, libnghttp2-dev, libre2-dev, libssl-dev, libyaml-cpp-dev, zlib1g-dev")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS ferrotunnel)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "${development_summary}\n${development_description}")

# RPM: what it requires follows from the libraries of the machine that builds it.
set(CPACK_RPM_COMPONENT_INSTALL ON)
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE MIT)
set(CPACK_RPM_SPEC_MORE_DEFINE "%define use_source_date_epoch_as_buildtime 1
%define clamp_mtime_to_source_date_epoch 1
%define _buildhost localhost
%define _build_id_links none")
set(CPACK_RPM_PACKAGE_RELOCATABLE OFF)
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION
  /usr/lib/cmake /usr/lib/pkgconfig /usr/lib/systemd /usr/lib/systemd/system /usr/share/man /usr/share/man/man1
  /usr/share/bash-completion /usr/share/bash-completion/completions /usr/share/fish /usr/share/fish/vendor_completions.d
  /usr/share/zsh /usr/share/zsh/site-functions)

set(CPACK_RPM_PROGRAM_PACKAGE_NAME ferrotunnel)
set(CPACK_RPM_PROGRAM_PACKAGE_SUMMARY "${program_summary}")
set(CPACK_RPM_PROGRAM_PACKAGE_DESCRIPTION "${program_description}")
set(CPACK_RPM_PROGRAM_PRE_UNINSTALL_SCRIPT_FILE ${CMAKE_CURRENT_LIST_DIR}/packages/rpm_preun)
set(CPACK_RPM_DEVELOPMENT_PACKAGE_NAME ferrotunnel-devel)
set(CPACK_RPM_DEVELOPMENT_PACKAGE_SUMMARY "${development_summary}")
set(CPACK_RPM_DEVELOPMENT_PACKAGE_DESCRIPTION "${development_description}")

include(CPack)
