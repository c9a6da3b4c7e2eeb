/** The few calls of Mailchimp's library that are made here. It has types of its own for none of them. */
declare module '@mailchimp/mailchimp_marketing' {
  type Options = Readonly<Record<string, unknown>>;

  export interface Library {
    /** Every module has this one instance; each account needs one of its own. */
    readonly constructor: new () => Library;
    basePath: string;
    setConfig(config: { readonly apiKey?: string; readonly accessToken?: string }): void;
    buildUrl(path: string, parts: Options): string;
    normalizeParams(query: Options): Readonly<Record<string, string>>;
    /** Every call ends here, at once, and gives what `data` of the answer is. */
    callApi(
      path: string,
      method: string,
      parts: Options,
      query: Options,
      headers: Options,
      form: Options,
      body: unknown,
    ): Promise<{ readonly data: unknown }>;
    readonly root: { getRoot(options: Options): Promise<unknown> };
    readonly lists: {
      getAllLists(options: Options): Promise<unknown>;
      listSegments(list: string, options: Options): Promise<unknown>;
      getListMembersInfo(list: string, options: Options): Promise<unknown>;
      getSegmentMembersList(list: string, segment: string, options: Options): Promise<unknown>;
      getListMember(list: string, hash: string, options: Options): Promise<unknown>;
      deleteListMember(list: string, hash: string): Promise<unknown>;
      batchListMembers(list: string, body: unknown, options: Options): Promise<unknown>;
      getListMergeFields(list: string, options: Options): Promise<unknown>;
      addListMergeField(list: string, body: unknown): Promise<unknown>;
      getListWebhooks(list: string): Promise<unknown>;
      createListWebhook(list: string, body: unknown): Promise<unknown>;
      deleteListWebhook(list: string, webhook: string): Promise<unknown>;
    };
    readonly campaigns: {
      list(options: Options): Promise<unknown>;
      get(campaign: string, options: Options): Promise<unknown>;
      getContent(campaign: string, options: Options): Promise<unknown>;
      setContent(campaign: string, body: unknown): Promise<unknown>;
    };
    readonly templates: { getDefaultContentForTemplate(template: string, options: Options): Promise<unknown> };
  }

  const shared: Library;
  export default shared;
}
