# The compiler of nginx's build takes our files for C++ by their names; it must take them for C++23 too.
for mta_sts_folder in $mta_sts_folders; do
    printf '\n%s: CFLAGS += -std=c++23 -fvisibility=hidden -fvisibility-inlines-hidden -DMTA_STS_VERSION=\\"%s\\"\n' \
        "$NGX_OBJS/addon/mta_sts_$mta_sts_folder/%.o" "$mta_sts_version" >> $NGX_MAKEFILE
done
